/** Kills klee with SIGKILL before and after each commit and each host command, and looks at what the next one finds. */
import * as assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { suite } from 'uvu';

const work = mkdtempSync('/run/kleenet-kill-');
const klee = join(import.meta.dirname, '../../../../bin/klee');
// Beside the dependencies of the CLI, so that the SQLite library is found.
const cache = join(import.meta.dirname, '../../node_modules/.cache');
const mortal = join(cache, `mortal-klee-${randomUUID()}.mjs`);

interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(root: string, program: string, words: readonly string[], point?: number): Ended {
  const env = {
    ...process.env,
    KLEE_ROOT: root,
    ...(point === undefined ? {} : { KLEE_TEST_POINT: String(point) }),
  };
  return spawnSync(process.execPath, [program, ...words], {
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
}

function ok(root: string, ...words: readonly string[]): string {
  const { status, stderr, stdout } = run(root, klee, words);
  assert.equal(status, 0, `klee ${words.join(' ')}: ${stderr}`);
  return stdout;
}

/** All that klee could leave on a host, as text. */
function host(): string {
  const ask = (...argv: readonly string[]): string =>
    spawnSync(argv[0] ?? '', argv.slice(1), { encoding: 'utf8' }).stdout;
  const interfaces = ask('ip', '-o', 'link')
    .replace(/^\d+: /gm, '')
    .replace(/ (state|qdisc) \S+/g, '');
  const routes =
    ask('ip', '-4', 'route', 'show', 'table', 'all') +
    ask('ip', '-6', 'route', 'show', 'table', 'all');
  const neighbours = ask('ip', 'neighbour', 'show', 'proxy');
  const mounts = ask('sh', '-c', 'grep -c kleenet-kill /proc/self/mounts || true');
  return [
    interfaces,
    ask('ip', 'netns', 'list'),
    routes,
    neighbours,
    mounts,
    ask('nft', 'list', 'ruleset'),
    runtimes(),
  ].join('\n');
}

/** Control groups are shared with whoever else runs klee on this machine: only those of these containers count. */
function cgroupsOf(ids: readonly string[]): readonly string[] {
  return readdirSync('/sys/fs/cgroup').flatMap((controller) =>
    ids
      .map((id) => join('/sys/fs/cgroup', controller, 'kleenet', id))
      .filter((path) => existsSync(path)),
  );
}

function runtimes(): string {
  return spawnSync('sh', ['-c', 'pgrep -a runc || true'], { encoding: 'utf8' }).stdout;
}

/** A command to be killed. */
export interface Scenario {
  /** Commands that come before, and live. */
  readonly given: readonly (readonly string[])[];
  readonly command: readonly string[];
  /** What a retry may be refused with: it says that the first try was done in full. */
  readonly done: RegExp;
}

const SUBNETS = ['--subnet', '10.81.0.0/24', '--subnet6', 'fd81::/64'];
export const LOOPBACK: readonly string[] = ['network', 'create', ...SUBNETS, 'net'];
export const BRIDGE: readonly string[] = ['network', 'create', '-t', 'bridge', ...SUBNETS, 'net'];

/** Starts a container of a driver, in the background. */
export function start(driver: string, ...options: readonly string[]): readonly string[] {
  return ['run', '-d', '--name', 'c', '-l', driver, ...options, 'host', 'sleep', '600'];
}

/** Registers and runs a test for each scenario. */
export function killAtEveryPoint(scenarios: Readonly<Record<string, Scenario>>): void {
  const test = suite('kill');
  test.before(prepare);
  test.after(() => rmSync(mortal, { force: true }));
  for (const [name, scenario] of Object.entries(scenarios)) {
    test(`${name}: killed at every point, then tried again`, () => {
      const before = host();
      let point = 1;
      while (killAt(name, scenario, point, before)) point += 1;
      assert.ok(point > 2, 'no point was found to kill at');
    });
  }
  test.run();
}

async function prepare(): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, 'mortal-klee.ts')],
    outfile: mortal,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@kleenet/source'],
    external: ['better-sqlite3'],
    logLevel: 'silent',
  });
  // Forwarding stays on for good: have it on before the first look at the host.
  const root = join(work, 'first');
  ok(root, ...BRIDGE);
  ok(root, 'network', 'rm', 'net');
}

/** Answers whether there was such a point. */
function killAt(
  name: string,
  { given, command, done }: Scenario,
  point: number,
  before: string,
): boolean {
  const root = join(work, `${name.replace(/\W+/g, '-')}-${point}`);
  for (const words of given) ok(root, ...words);
  const first = run(root, mortal, command, point);
  const died = first.signal === 'SIGKILL';
  if (died) {
    const retry = run(root, klee, command);
    if (retry.status !== 0) assert.match(retry.stderr, done, `retry after death at point ${point}`);
    const check = run(root, klee, ['system', 'check']);
    assert.equal(`${check.stdout}${check.stderr}`, '', `check after death at point ${point}`);
  } else {
    assert.equal(first.status, 0, first.stderr);
  }
  clear(root);
  assert.equal(host(), before, `left over after death at point ${point}`);
  return died;
}

function clear(root: string): void {
  const containers = ok(root, 'container', 'ls', '-a', '--quiet').split('\n').filter(Boolean);
  for (const id of containers) ok(root, 'container', 'rm', '-f', id);
  for (const id of ok(root, 'network', 'ls', '--quiet').split('\n').filter(Boolean))
    ok(root, 'network', 'rm', id);
  assert.deepEqual(cgroupsOf(containers), []);
}
