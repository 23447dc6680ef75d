/** What everything was measured with. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { KLEE } from '../engines/klee.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Each program, and the arguments that make it tell its version. */
const PROGRAMS: readonly (readonly [string, string, ...string[]])[] = [
  ['podman', 'podman', '--version'],
  ['conmon', 'conmon', '--version'],
  ['netavark', '/usr/lib/podman/netavark', '--version'],
  ['docker', 'dockerd', '--version'],
  ['runc', 'runc', '--version'],
  ['CNI plugins', 'dpkg-query', '-Wf', '${Version}', 'containernetworking-plugins'],
  ['nft', 'nft', '--version'],
  ['ip', 'ip', '-V'],
  ['iperf3', 'iperf3', '--version'],
];

/** Pairs of a name and a value. */
export function describeMachine(): readonly (readonly [string, string])[] {
  return [
    ['date', new Date().toISOString().slice(0, 10)],
    ['klee', `${firstLine(KLEE, '--version')}, commit ${commit()}`],
    ['Node.js', process.version],
    ['Bun', bunVersion()],
    ...PROGRAMS.map(([name, program, ...words]) => [name, firstLine(program, ...words)] as const),
    ['kernel', release()],
    ['system', systemName()],
    ['processors', `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`],
    ['memory', `${(totalmem() / 2 ** 30).toFixed(0)} GiB`],
  ];
}

function commit(): string {
  const hash = firstLine('git', '-C', ROOT, 'rev-parse', '--short=12', 'HEAD');
  const changed = firstLine('git', '-C', ROOT, 'status', '--porcelain', '--untracked-files=no');
  return changed === '–' ? hash : `${hash} with changes`;
}

function bunVersion(): string {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'script/bun/package.json'), 'utf8'),
  ) as Record<string, Record<string, string> | undefined>;
  const all = { ...dependencies, ...devDependencies, ...optionalDependencies };
  return Object.entries(all).find(([name]) => name.startsWith('@oven/bun-'))?.[1] ?? '–';
}

function systemName(): string {
  const found = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'));
  return found?.[1] ?? 'unknown';
}

function firstLine(program: string, ...words: readonly string[]): string {
  const { stdout, error } = spawnSync(program, words, { encoding: 'utf8' });
  if (error !== undefined) return 'not installed';
  const [line = ''] = stdout.split('\n');
  return line === '' ? '–' : line;
}
