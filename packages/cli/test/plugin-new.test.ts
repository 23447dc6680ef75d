/** `klee plugin new`, where it writes and what it refuses. That what it writes works is for plugin-new-builds to show. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { readTemplate } from '../src/package-files.ts';
import { PluginWorld } from './support/plugins.ts';

const test = suite<{ world: PluginWorld }>('klee plugin new');

test.before.each((context) => {
  context.world = new PluginWorld();
});

test.after.each(({ world }) => world.remove());

test('it writes a package into a folder of its name, and prints where', async ({ world }) => {
  const folder = join(world.folder, 'kleenet-driver-mynet');
  equal(await world.ok('plugin new mynet'), folder);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object;
  equal('name' in manifest && manifest.name, 'kleenet-driver-mynet');
  for (const path of [
    '.gitignore',
    '.github/workflows/ci.yml',
    '.changeset/config.json',
    'LICENSE',
  ])
    ok(existsSync(join(folder, path)), path);
});

test('another folder may be named, and a scope', async ({ world }) => {
  await world.ok(['plugin', 'new', '@acme/mynet', 'a/b']);
  match(
    readFileSync(join(world.folder, 'a/b/package.json'), 'utf8'),
    /"@acme\/kleenet-driver-mynet"/,
  );
});

test('a folder that is empty is used, and one that is not is left alone', async ({ world }) => {
  mkdirSync(join(world.folder, 'empty'));
  await world.ok('plugin new mynet empty');
  writeFileSync(join(world.folder, 'empty/README.md'), 'mine');
  const { status, stderr } = await world.klee('plugin new mynet empty');
  match(stderr, /^error: .*\/empty already exists and is not empty\nhint: /);
  equal(status, 1);
  equal(readFileSync(join(world.folder, 'empty/README.md'), 'utf8'), 'mine');
  writeFileSync(join(world.folder, 'file'), '');
  match((await world.klee('plugin new mynet file')).stderr, /file already exists/);
});

test('the packages of klee may be tarballs in a directory, and what these need in turn', async ({
  world,
}) => {
  const { versions } = readTemplate();
  const tarballs = join(world.folder, 'tarballs');
  const place = (name: string): string =>
    join(tarballs, `kleenet-${name}-${versions[`@kleenet/${name}`]}.tgz`);
  mkdirSync(tarballs);
  const lacking = await world.klee('plugin new mynet --packages tarballs');
  equal(lacking.status, 1);
  match(lacking.stderr, /tarballs does not have kleenet-conformance-[\d.]+tgz, kleenet-core-/);
  for (const name of ['conformance', 'core', 'linux-host', 'platform'])
    writeFileSync(place(name), '');
  const folder = await world.ok('plugin new mynet --packages tarballs');
  const { devDependencies, overrides, peerDependencies } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>;
  deepEqual(
    [devDependencies?.['@kleenet/conformance'], devDependencies?.['@kleenet/core']],
    [`file:${place('conformance')}`, `file:${place('core')}`],
  );
  match(devDependencies?.['typescript'] ?? '', /^~\d/);
  deepEqual(peerDependencies, { '@kleenet/core': '0.x' });
  deepEqual(overrides, { '@kleenet/platform': `file:${place('platform')}` });
});

test('a dry run lists the files and writes none', async ({ world }) => {
  const printed = (await world.ok('plugin new mynet --dry-run')).split('\n');
  const folder = join(world.folder, 'kleenet-driver-mynet');
  ok(printed.includes(`write ${join(folder, 'src/index.ts')}`));
  ok(!existsSync(folder));
});

for (const [name, error] of [
  ['My Net', /^error: "My Net" cannot name a driver\nhint: use lower-case letters/],
  ['vnet', /^error: @kleenet\/driver-vnet has a driver named vnet already/],
  ['host', /^error: klee itself has a driver named host already/],
  ['lab', /^error: kleenet-driver-lab has a driver named lab already/],
] as const) {
  test(`the name ${name} is refused`, async ({ world }) => {
    world.place();
    const { status, stdout, stderr } = await world.klee(['plugin', 'new', name]);
    match(stderr, error);
    deepEqual([status, stdout], [1, '']);
  });
}

test.run();
