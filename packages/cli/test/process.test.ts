/** What only a process of its own can show: streams, signals, the exit status, and what is loaded. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openLocks } from '@kleenet/store-sqlite';
import { build } from 'esbuild';
import { suite } from 'uvu';
import type { ContainerInspectView } from '../src/render/views.ts';
import { World, finished, spawnKlee } from './support/klee.ts';
import { until } from '../../core/test/support/waiting.ts';

const test = suite('process');
const world = new World();
test.after(() => world.remove());

const folder = join(import.meta.dirname, '..');

/** Reads notes and nothing else: to open a lock's own file here would drop the lock that this process holds. */
function notesBelow(path: string): string[] {
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  return entries
    .filter(({ name }) => name.endsWith('.note'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

test('results, errors and the exit status', async () => {
  const listed = await finished(spawnKlee(['network', 'ls'], world.environment));
  deepEqual(listed, { status: 0, stdout: 'ID  NAME  TYPE  INTERFACE  SUBNET\n', stderr: '' });
  const refused = await finished(spawnKlee(['network', 'inspect', 'none'], world.environment));
  deepEqual([refused.status, refused.stdout], [1, '']);
  match(refused.stderr, /^error: .*\nhint: .*\n$/);
});

test('the version', async () => {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  deepEqual(await finished(spawnKlee(['--version'], {})), {
    status: 0,
    stdout: `${version}\n`,
    stderr: '',
  });
  deepEqual(await finished(spawnKlee(['--debug', '--version'], {})), {
    status: 0,
    stdout: `${version}\n`,
    stderr: '',
  });
});

test('a reader that goes away is not an error, and the work goes on', async () => {
  const names = Array.from({ length: 3 }, (_, i) => `n${i}`);
  for (const [i, name] of names.entries())
    await world.ok(`network create --subnet 10.${i}.0.0/24 ${name}`);
  const child = spawnKlee(['network', 'rm', ...names], world.environment);
  child.stdout?.destroy();
  const { status, stderr } = await finished(child);
  deepEqual([status, stderr], [0, '']);
  equal(await world.ok('lsn --quiet'), '');
});

test('a result that cannot be written goes to standard error, and the work is done', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawnKlee(
    ['network', 'create', '--subnet', '10.9.0.0/24', 'n9'],
    world.environment,
    ['ignore', full, 'pipe'],
  );
  closeSync(full);
  const { status, stderr } = await finished(child);
  equal(status, 1);
  const id = await world.ok('network inspect --format {{network.id}} n9');
  match(stderr, /^error: the result cannot be written to standard output: ENOSPC.*; here it is:\n/);
  equal(stderr.trimEnd().split('\n').at(-1), id);
  await world.ok('network rm n9');
});

for (const [name, status] of [
  ['SIGINT', 130],
  ['SIGQUIT', 131],
] as const) {
  test(`${name} while klee waits for another one`, async () => {
    await interrupt(name, status);
  });
}

async function interrupt(name: NodeJS.Signals, expected: number): Promise<void> {
  await world.ok('network create --subnet 10.1.0.0/24 busy');
  await world.ok('create --name c --driver ipnet host');
  const { id } = (await world.json<ContainerInspectView>('isc c')).container;
  const state = join(world.root, 'state');
  const locks = openLocks({ directory: state, uid: process.geteuid?.() ?? 0, pid: process.pid });
  const lock = await locks.acquire({
    key: `container-${id}`,
    mode: 'exclusive',
    purpose: 'test',
    patience: 0,
  });
  const child = spawnKlee(['network', 'connect', 'busy', 'c'], world.environment);
  // It takes the network's lock first, and leaves a note of what it does.
  await until('klee waits', () =>
    notesBelow(join(state, 'locks')).some((text) => text.includes('klee network connect busy c')),
  );
  const ended = finished(child);
  child.kill(name);
  const { status, stderr } = await ended;
  lock.release();
  equal(status, expected, stderr);
  ok(stderr.startsWith(`error: interrupted by ${name}\n`), stderr);
  deepEqual((await world.json<ContainerInspectView>('isc c')).container_endpoints, []);
  await world.ok('container rm c');
  await world.ok('network rm busy');
}

test('--version and help load neither engine nor state', async () => {
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: ['src/klee.ts'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@kleenet/source'],
    external: ['better-sqlite3'],
    metafile: true,
    write: false,
  });
  // Each dynamic import is an output of its own; what it imports statically is loaded with it.
  const loadedWith = (entry: string): string[] => {
    const found = new Set<string>();
    const visit = (path: string): void => {
      if (found.has(path)) return;
      found.add(path);
      const { imports = [] } = metafile.outputs[path] ?? {};
      imports.filter(({ kind }) => kind === 'import-statement').forEach((part) => visit(part.path));
    };
    visit(
      Object.keys(metafile.outputs).find((path) => metafile.outputs[path]?.entryPoint === entry) ??
        entry,
    );
    return [...found].flatMap((path) => Object.keys(metafile.outputs[path]?.inputs ?? {}));
  };
  deepEqual(loadedWith('src/klee.ts').toSorted(), [
    'src/code-cache.ts',
    'src/klee.ts',
    'src/output.ts',
    'src/package-files.ts',
    'src/packs.ts',
  ]);
  for (const part of ['src/process.ts', 'src/help.ts', 'src/commands/network/connect.ts']) {
    const files = loadedWith(part);
    ok(files.includes(part), part);
    deepEqual(
      files.filter((file) =>
        /engine|store-sqlite|platform\/src|tsyringe|valibot|mustache/.test(file),
      ),
      [],
      part,
    );
  }
});

test.run();
