/** What `klee plugin new` writes works as it is: it compiles, passes its tests, is added, and connects containers. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import { TOP } from './support/markdown.ts';
import { unpackInto } from './support/packed.ts';
import { PluginWorld } from './support/plugins.ts';

const test = suite('the package of a new driver, built');

const world = new PluginWorld();
const folder = join(world.folder, 'kleenet-driver-zebra');

test.before(async () => {
  await world.ok('plugin new @acme/zebra');
  unpackInto(folder, ['packages/core', 'packages/conformance']);
  for (const [name, program, path] of TOOLS) {
    link(join(TOP, 'node_modules', name), join(folder, 'node_modules', name));
    link(join(TOP, 'node_modules', name, path), join(folder, 'node_modules/.bin', program));
  }
});

test.after(() => world.remove());

/** What npm would install from the registry, taken from here. */
const TOOLS = [
  ['typescript', 'tsc', 'bin/tsc'],
  ['@changesets/cli', 'changeset', 'bin.js'],
] as const;

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

function run(program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: folder,
    env: { ...process.env, ...world.environment, NODE_OPTIONS: '--test-reporter=tap' },
    encoding: 'utf8',
  });
  equal(status, 0, stdout + stderr);
  return stdout;
}

test('npm test compiles it, and every case of the kit is a test', () => {
  const printed = run('npm', 'test');
  match(printed, /^# pass [1-9]\d+$/m);
  match(printed, /^# fail 0$/m);
  match(printed, /^ok \d+ - its package\.json describes it, for this version of the contract$/m);
});

test('its package holds what was compiled, and no more', () => {
  const [packed] = JSON.parse(run('npm', 'pack', '--dry-run', '--json', '--ignore-scripts')) as [
    { readonly files: readonly { readonly path: string }[] },
  ];
  deepEqual(packed.files.map(({ path }) => path).toSorted(), [
    'LICENSE',
    'README.md',
    'dist/index.d.ts',
    'dist/index.js',
    'package.json',
  ]);
});

test('changesets make its first version', () => {
  run(join(folder, 'node_modules/.bin/changeset'), 'version');
  match(readFileSync(join(folder, 'package.json'), 'utf8'), /"version": "0\.1\.0"/);
  match(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8'), /First release\./);
  ok(!existsSync(join(folder, '.changeset/first-release.md')));
});

test('klee reports that it keeps the contract', async () => {
  // Root runs nothing of which others can change a part, and these tools are the repository's.
  for (const [name] of TOOLS) rmSync(join(folder, 'node_modules', name));
  rmSync(join(folder, 'node_modules/.bin'), { recursive: true });
  match(
    await world.ok(['plugin', 'test', folder]),
    /^driver zebra keeps the contract on the simulated host: /,
  );
});

test('added, it connects a container on the simulated host', async () => {
  equal(await world.ok(['plugin', 'add', '--yes', folder]), '@acme/kleenet-driver-zebra');
  await world.ok('network create --subnet 10.1.0.0/24 net1');
  await world.ok('run -d --name c1 --driver zebra --network net1 host sleep 600');
  const { network_endpoints: endpoints } = await world.json<{
    readonly network_endpoints: readonly { readonly driver: string; readonly ip_address: string }[];
  }>('network inspect net1');
  deepEqual(
    endpoints.map(({ driver, ip_address: address }) => [driver, address]),
    [['zebra', '10.1.0.1']],
  );
  equal(await world.ok('system check'), '');
});

test.run();
