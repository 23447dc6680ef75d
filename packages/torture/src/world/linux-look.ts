/** What a Linux host has: what klee could leave there. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './processes.ts';

/** Forwarding stays on for good, and routes and settings of the host follow it; a boot switches it off. */
const LASTING = /forward|anycast|accept_redirects|stable_secret/;

/** What changes by itself, or says the same in another way. */
const VOLATILE = / (state|qdisc|mtu|qlen|group) \S+|^\d+: |link-netnsid \d+/g;

export interface Whose {
  /** The state directory. */
  readonly state: string;
  /** Our own processes. */
  readonly known: readonly number[];
  /** All containers that ever were. */
  readonly containers: readonly string[];
}

export async function lookAtLinux({ state, known, containers }: Whose): Promise<readonly string[]> {
  const parts = await Promise.all([
    lines('link', ['ip', '-o', 'link']),
    lines('address', ['ip', '-br', 'address']),
    lines('namespace', ['ip', 'netns', 'list']),
    lines('route', ['ip', '-4', 'route', 'show', 'table', 'all']),
    lines('route', ['ip', '-6', 'route', 'show', 'table', 'all']),
    lines('rule', ['ip', 'rule']),
    lines('proxy', ['ip', 'neighbour', 'show', 'proxy']),
    lines('nft', ['nft', 'list', 'ruleset']),
    lines('sysctl', ['sysctl', '-a', '-r', '^net[.](ipv4|ipv6)[.](conf|ip_forward|neigh)']),
  ]);
  const left = foreignProcesses(known).map(({ line }) => `process: ${line}`);
  const groups = cgroupsOf(containers).map((path) => `cgroup: ${path}`);
  const mounts = read('self', 'mounts')
    .split('\n')
    .filter((line) => line.includes(state));
  return [
    ...parts.flat(),
    ...mounts.map((line) => `mount: ${line}`),
    ...filesOf(state),
    ...groups,
    ...left,
  ].toSorted();
}

async function lines(name: string, argv: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run(argv);
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '' && !LASTING.test(line))
    .map((line) => `${name}: ${line.replaceAll(VOLATILE, '').trim()}`);
}

function filesOf(state: string): readonly string[] {
  return ['containers', 'images'].flatMap((folder) => {
    const path = join(state, folder);
    return existsSync(path) ? readdirSync(path).map((name) => `file: ${folder}/${name}`) : [];
  });
}

/** Control groups are shared with whoever else runs klee on this machine: only those of these containers count. */
export function cgroupsOf(containers: readonly string[]): readonly string[] {
  return readdirSync('/sys/fs/cgroup').flatMap((controller) =>
    [...new Set(containers)]
      .map((id) => join('/sys/fs/cgroup', controller, 'kleenet', id))
      .filter((path) => existsSync(path)),
  );
}

/** Processes that klee started, and what containers run: all but our own, our parents, and our children. */
export function foreignProcesses(
  known: readonly number[],
): readonly { pid: number; line: string }[] {
  const family = new Set([...known, ...ancestors(process.pid)]);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && !family.has(Number(name)))
    .map((name) => ({
      pid: Number(name),
      line: read(name, 'cmdline').replaceAll('\0', ' ').trim(),
    }))
    .filter(({ pid, line }) => line !== '' && parentOf(pid) !== process.pid);
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    // It has ended meanwhile.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(read(String(pid), 'status'))?.[1] ?? 0);
}

function ancestors(pid: number): readonly number[] {
  return pid <= 0 ? [] : [pid, ...ancestors(parentOf(pid))];
}
