/** Adding, listing and removing plugins, with npm, and without a network. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { treeOf } from '../../host/src/plugins/tree.ts';
import type { PluginView } from '../src/render/plugin-view.ts';
import { World, finished } from './support/klee.ts';
import { IS_ROOT, codeOf, onlyAsRoot, writePlugin } from '../../host/test/support/plugins.ts';
import { PluginWorld, RUN_LAB } from './support/plugins.ts';
import type { PluginParts } from '../../host/test/support/plugins.ts';
import { pack, serve } from './support/registry.ts';

interface Context {
  world: PluginWorld;
  /** Makes the source of a plugin. */
  source: (parts?: PluginParts, folder?: string) => string;
}

const test = suite<Context>('plugin add');
const rooted = onlyAsRoot(test);

test.before.each((context) => {
  const world = new PluginWorld();
  context.world = world;
  context.source = (parts = {}, folder = 'source') =>
    writePlugin(join(world.folder, folder), parts);
});
test.after.each(({ world }) => world.remove());

/** A plugin that needs core, as those of strangers do. */
const NEEDS_CORE: PluginParts = {
  code: `import { API_VERSION, definePlugin } from '@kleenet/core/driver';
import { KleenetError } from '@kleenet/core/errors';
import plain from './plain.js';
if (typeof KleenetError !== 'function') throw new Error('no errors');
export default definePlugin({ ...plain, apiVersion: API_VERSION });
`,
  files: { 'plain.js': codeOf() },
  manifest: { description: 'A lab for tests', peerDependencies: { '@kleenet/core': '0.x' } },
  kleenet: { privileges: ['opens UDP port 51820'] },
};

/** All that is in the plugin directory: links with what they lead to, and what klee keeps for itself. */
function everything({ addedTo }: PluginWorld): string[] {
  if (!existsSync(addedTo)) return [];
  return [...treeOf(addedTo)]
    .map(({ path }) => path.slice(addedTo.length + 1))
    .filter((path) => !path.startsWith('.klee/lock'))
    .toSorted();
}

async function versions(world: PluginWorld): Promise<string[]> {
  const plugins = await world.json<PluginView[]>('plugin ls');
  return plugins
    .filter(({ origin }) => origin !== 'klee')
    .map(({ name, version, state }) => `${name} ${version} ${state}`);
}

test('a directory: added, used, listed, and removed', async ({ world, source }) => {
  const added = await world.klee(['plugin', 'add', '--yes', source(NEEDS_CORE)]);
  deepEqual([added.status, added.stdout], [0, 'kleenet-driver-lab\n'], added.stderr);
  equal(
    added.stderr,
    `kleenet-driver-lab 1.0.0
  A lab for tests
  driver lab (memory): A stack of its own.
  declares: opens UDP port 51820
Its code runs inside klee with all of klee's privileges. klee does not enforce what a plugin declares.
`,
  );
  const [plugin] = (await world.json<PluginView[]>('plugin ls')).filter(
    ({ origin }) => origin !== 'klee',
  );
  deepEqual(plugin, {
    name: 'kleenet-driver-lab',
    version: '1.0.0',
    description: 'A lab for tests',
    api_version: 1,
    origin: IS_ROOT ? 'system' : 'user',
    path: join(world.addedTo, 'kleenet-driver-lab'),
    linked_to: '',
    state: 'usable',
    reason: '',
    drivers: [{ name: 'lab', description: 'A stack of its own.', platforms: ['memory'] }],
    privileges: ['opens UDP port 51820'],
  });
  deepEqual(await world.json('plugin info kleenet-driver-lab'), plugin);
  match(await world.ok('plugin info kleenet-driver-lab'), /^privileges +opens UDP port 51820$/m);
  equal(
    await world.ok(['plugin', 'info', '--format', '{{name}}@{{version}}', 'kleenet-driver-lab']),
    'kleenet-driver-lab@1.0.0',
  );
  equal(
    await world.ok('plugin ls --quiet'),
    '@kleenet/driver-ipnet\n@kleenet/driver-vnet\nkleenet-driver-lab',
  );
  await world.ok('network create -t bridge --subnet 10.1.0.0/24 net');
  await world.ok(RUN_LAB);
  const refused = await world.klee('plugin rm kleenet-driver-lab --format json');
  equal(refused.status, 1);
  const { error } = JSON.parse(refused.stderr) as { error: Record<string, unknown> };
  deepEqual(
    [error['code'], error['message'], error['details']],
    [
      'PLUGIN_IN_USE',
      "plugin kleenet-driver-lab is in use: container 'a'",
      { plugin: 'kleenet-driver-lab', containers: ['a'], networks: [] },
    ],
  );
  await world.ok('container rm -f a');
  await world.ok('network create -t bridge --subnet 10.2.0.0/24 --driver lab own');
  match((await world.klee('plugin rm kleenet-driver-lab')).stderr, /is in use: network 'own'\n/);
  await world.ok('network rm own');
  equal(await world.ok('plugin rm kleenet-driver-lab'), 'kleenet-driver-lab');
  deepEqual(everything(world), ['.klee']);
  deepEqual(await versions(world), []);
  equal((await world.klee('plugin rm kleenet-driver-lab')).status, 1);
});

test('by force, although a container has its driver', async ({ world, source }) => {
  await world.ok(['plugin', 'add', '-y', source(NEEDS_CORE)]);
  await world.ok('network create -t bridge --subnet 10.1.0.0/24 net');
  await world.ok(RUN_LAB);
  await world.ok('plugin rm -f kleenet-driver-lab');
  match((await world.klee('container rm -f a')).stderr, /detached without its driver lab/);
  equal(await world.ok('system check'), '');
});

test('a tarball, of a scope', async ({ world, source }) => {
  const tarball = pack(source({ ...NEEDS_CORE, name: '@acme/kleenet-driver-lab' }), world.folder);
  equal(await world.ok(['plugin', 'add', '--yes', tarball]), '@acme/kleenet-driver-lab');
  equal(
    await world.ok('plugin add --yes ./acme-kleenet-driver-lab-1.0.0.tgz'),
    '@acme/kleenet-driver-lab',
  );
  const link = join(world.addedTo, '@acme/kleenet-driver-lab');
  match(
    readlinkSync(link),
    /^\.\.\/\.klee\/acme\+kleenet-driver-lab-1\.0\.0-[0-9a-f]{8}\/node_modules\/@acme\/kleenet-driver-lab$/,
  );
  equal(readdirSync(join(world.addedTo, '.klee')).length, 2, 'an earlier copy is left');
  await world.ok('create --driver lab host');
  await world.ok('plugin rm -f @acme/kleenet-driver-lab');
  deepEqual(everything(world), ['.klee']);
});

test('a package of a registry, with what it depends on, and another version of it', async ({
  world,
  source,
}) => {
  const needing = (version: string): PluginParts => ({
    ...NEEDS_CORE,
    version,
    code: `import mesh from 'mesh';\n${NEEDS_CORE.code}\nif (mesh !== '${version}') throw new Error(mesh);`,
    manifest: { ...NEEDS_CORE.manifest, dependencies: { mesh: version } },
  });
  const library = (version: string): PluginParts => ({
    name: 'mesh',
    version,
    code: `export default '${version}';`,
  });
  const folders = ['1.0.0', '1.1.0'].flatMap((version) => [
    source(needing(version), `lab-${version}`),
    source(library(version), `mesh-${version}`),
  ]);
  const registry = await serve(folders, world.folder);
  Object.assign(world.environment, {
    npm_config_offline: 'false',
    npm_config_registry: registry.url,
  });
  try {
    equal(await world.ok('plugin add -y kleenet-driver-lab@1.0.0'), 'kleenet-driver-lab');
    deepEqual(await versions(world), ['kleenet-driver-lab 1.0.0 usable']);
    await world.ok('create --driver lab host');
    const newer = await world.klee('plugin add -y kleenet-driver-lab');
    match(newer.stderr, /^kleenet-driver-lab 1\.1\.0, in place of 1\.0\.0\n/);
    deepEqual(await versions(world), ['kleenet-driver-lab 1.1.0 usable']);
    await world.ok('create --driver lab host');
    ok(!registry.asked.some((path) => path.includes('@kleenet')), 'core is asked of the registry');
    const unknown = await world.klee('plugin add -y kleenet-driver-none');
    equal(unknown.status, 1);
    match(
      unknown.stderr,
      /^error: npm cannot install kleenet-driver-none: E404: .*\nhint: check the spelling/,
    );
    deepEqual(await versions(world), ['kleenet-driver-lab 1.1.0 usable']);
  } finally {
    registry.close();
  }
});

test('it asks, and takes no for an answer', async ({ world, source }) => {
  const questions: string[] = [];
  const answering = async (answer: boolean | undefined): Promise<unknown[]> => {
    const inside = new World();
    try {
      const { status, stdout, stderr } = await inside.klee(['plugin', 'add', source(NEEDS_CORE)], {
        environment: world.environment,
        ask: (question) => (questions.push(question), Promise.resolve(answer)),
        pluginHost: {
          contract: join(import.meta.dirname, '../dist/core'),
          home: () => world.folder,
          importModule: () => Promise.reject(new Error('code was loaded')),
        },
      });
      return [status, stdout, /^error:.*$/m.exec(stderr)?.[0], await versions(world)];
    } finally {
      inside.remove();
    }
  };
  deepEqual(await answering(false), [1, '', undefined, []]);
  deepEqual(await answering(undefined), [
    1,
    '',
    'error: there is no terminal to ask whether to add it',
    [],
  ]);
  deepEqual(everything(world), ['.klee']);
  deepEqual(await answering(true), [
    0,
    'kleenet-driver-lab\n',
    undefined,
    ['kleenet-driver-lab 1.0.0 usable'],
  ]);
  deepEqual(await answering(true), [
    0,
    'kleenet-driver-lab\n',
    undefined,
    ['kleenet-driver-lab 1.0.0 usable'],
  ]);
  deepEqual(questions, [
    ...Array.from({ length: 3 }, () => `Add it to ${world.addedTo}?`),
    `Put it in place of version 1.0.0 in ${world.addedTo}?`,
  ]);
});

test('without a terminal it is not added unless that is said', async ({ world, source }) => {
  const { status, stdout, stderr } = await world.klee(['plugin', 'add', source()]);
  deepEqual([status, stdout], [1, '']);
  match(stderr, /^error: there is no terminal to ask whether to add it\nhint: .*--yes$/m);
});

test('no script of a package runs, whatever npm is told elsewhere', async ({ world, source }) => {
  const marker = join(world.folder, 'ran');
  const touch = `touch ${marker}`;
  const scripts = Object.fromEntries(
    ['preinstall', 'install', 'postinstall', 'prepare', 'prepack', 'postpack'].map((name) => [
      name,
      touch,
    ]),
  );
  writeFileSync(
    join(world.folder, 'npmrc'),
    'ignore-scripts=false\nforce=true\nlegacy-peer-deps=true\nglobal=true\ndry-run=true\n',
  );
  await world.ok([
    'plugin',
    'add',
    '-y',
    source({ ...NEEDS_CORE, manifest: { ...NEEDS_CORE.manifest, scripts } }),
  ]);
  ok(!existsSync(marker));
  deepEqual(await versions(world), ['kleenet-driver-lab 1.0.0 usable']);
});

/** What is refused, and leaves everything as it was. */
const REFUSED: readonly (readonly [
  name: string,
  parts: PluginParts,
  code: string,
  message: RegExp,
])[] = [
  [
    'another contract',
    { version: '2.0.0', kleenet: { apiVersion: 99 } },
    'API_VERSION_UNSUPPORTED',
    /kleenet-driver-lab 2\.0\.0 cannot be added: it is written for driver contract 99/,
  ],
  [
    'another core',
    { version: '2.0.0', manifest: { peerDependencies: { '@kleenet/core': '^99.0.0' } } },
    'PLUGIN_INVALID',
    /is not compatible with this klee: peer @kleenet\/core@"\^99\.0\.0" from kleenet-driver-lab@2\.0\.0/,
  ],
  [
    'an unknown field',
    { version: '2.0.0', kleenet: { wires: 3 } },
    'PLUGIN_INVALID',
    /2\.0\.0 cannot be added: its package\.json is invalid: kleenet\.wires is unknown/,
  ],
  [
    'no plugin',
    {
      version: '2.0.0',
      manifest: { keywords: [] },
      kleenet: undefined as never,
      files: { 'package.json': '{"name":"plain","version":"3.0.0"}' },
    },
    'PLUGIN_INVALID',
    /plain 3\.0\.0 cannot be added: its package\.json has no field kleenet/,
  ],
  [
    'no entry',
    { version: '2.0.0', kleenet: { plugin: './dist/index.js' } },
    'PLUGIN_INVALID',
    /its entry \.\/dist\/index\.js is missing/,
  ],
  [
    "klee's own driver",
    { version: '2.0.0', driver: 'ipnet' },
    'NAME_TAKEN',
    /driver 'ipnet' is already offered by @kleenet\/driver-ipnet/,
  ],
  [
    "core's own driver",
    { version: '2.0.0', driver: 'host' },
    'NAME_TAKEN',
    /driver 'host' is already offered by @kleenet\/core/,
  ],
  [
    "klee's own name",
    { name: '@kleenet/driver-vnet', driver: 'v' },
    'NAME_TAKEN',
    /@kleenet\/driver-vnet 1\.0\.0 cannot be added: it comes with klee/,
  ],
  [
    "another plugin's driver",
    { name: 'kleenet-driver-copy' },
    'NAME_TAKEN',
    /driver 'lab' is already offered by kleenet-driver-lab/,
  ],
  [
    'core itself',
    { name: '@kleenet/core', driver: 'c' },
    'PLUGIN_INVALID',
    /is core itself, not a plugin/,
  ],
  [
    'a dependency that is not to be had',
    { manifest: { dependencies: { 'kleenet-not-there': '1' } } },
    'PLATFORM_COMMAND_FAILED',
    /npm cannot install .*: ENOTCACHED/,
  ],
];

const refusals = suite<Context>('plugin add, refused');

refusals.before(async (context) => {
  const world = new PluginWorld();
  context.world = world;
  context.source = (parts = {}, folder = 'source') => {
    rmSync(join(world.folder, folder), { recursive: true, force: true });
    return writePlugin(join(world.folder, folder), parts);
  };
  await world.ok(['plugin', 'add', '-y', context.source(NEEDS_CORE)]);
});
refusals.after(({ world }) => world.remove());

for (const [name, parts, code, message] of REFUSED) {
  refusals(name, async ({ world, source }) => {
    const before = everything(world);
    const { status, stdout, stderr } = await world.klee([
      'plugin',
      'add',
      '-y',
      '--format',
      'json',
      source(parts, 'other'),
    ]);
    deepEqual([status, stdout], [1, '']);
    const { error } = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as {
      error: { code: string; message: string };
    };
    match(error.message, message);
    equal(error.code, code);
    deepEqual(everything(world), before);
    deepEqual(await versions(world), ['kleenet-driver-lab 1.0.0 usable']);
  });
}

refusals.run();

const WORDS: readonly (readonly [words: string, status: number, message: RegExp])[] = [
  ['plugin add', 2, /missing argument PACKAGE\|DIRECTORY\|TARBALL/],
  ['plugin add -y ./none', 1, /there is no directory or file .*\/none/],
  ['plugin add -y none.tgz', 1, /there is no directory or file .*\/none\.tgz/],
  ['plugin add -y https://example.org/x', 1, /there is no directory or file/],
  ['plugin add -y git+ssh://x', 1, /there is no directory or file/],
  ['plugin add -y UPPER', 1, /"UPPER" is not a package, directory or tarball/],
  ['plugin add -y --global x', 2, /unknown option --global/],
  ['plugin add -y -- --global', 1, /"--global" is not a package/],
  ['plugin rm', 2, /missing argument PLUGIN/],
  ['plugin rm none', 1, /no plugin is named "none"/],
  ['plugin rm ../..', 1, /no plugin is named "\.\.\/\.\."/],
  ['plugin rm @kleenet/driver-ipnet', 1, /@kleenet\/driver-ipnet is part of klee/],
  ['plugin info none', 1, /no plugin is named "none"/],
  ['plugin nothing', 2, /unknown command/],
];

for (const [words, status, message] of WORDS) {
  test(`klee ${words}`, async ({ world }) => {
    const answer = await world.klee(words);
    deepEqual([answer.status, answer.stdout], [status, '']);
    match(answer.stderr, message);
    match(answer.stderr, /^error: .*\n(hint: .*\n)?$/);
  });
}

test('a dry run shows the command, and does nothing', async ({ world, source }) => {
  const shown = await world.ok(['plugin', 'add', '--dry-run', source(NEEDS_CORE)]);
  match(shown, /^npm install .*--ignore-scripts .*file:.*\/source .*@kleenet\/core@file:/);
  ok(!existsSync(world.addedTo));
  await world.ok(['plugin', 'add', '-y', source(NEEDS_CORE)]);
  const before = everything(world);
  equal(await world.ok('plugin rm --dry-run kleenet-driver-lab'), '');
  deepEqual(everything(world), before);
});

test('one that was killed leaves what was there, and the next one sweeps up', async ({
  world,
  source,
}) => {
  await world.ok(['plugin', 'add', '-y', source(NEEDS_CORE)]);
  const newer = source({ ...NEEDS_CORE, version: '1.1.0' }, 'newer');
  const own = join(world.addedTo, '.klee');
  const names = (): string[] => readdirSync(own).filter((name) => name !== 'lock');
  for (const patience of [0, 60, 200]) {
    const child = world.start(['plugin', 'add', '-y', newer]);
    const ended = finished(child);
    while (names().length < 2 && child.exitCode === null) await wait(2);
    await wait(patience);
    child.kill('SIGKILL');
    await ended;
    match((await versions(world)).join(), /^kleenet-driver-lab 1\.[01]\.0 usable$/);
    await world.ok('create --driver lab host');
  }
  await world.ok(['plugin', 'add', '-y', newer]);
  equal(names().length, 1);
  deepEqual(await versions(world), ['kleenet-driver-lab 1.1.0 usable']);
});

test('two at once come one after the other', async ({ world, source }) => {
  const sources = ['a', 'b'].map((driver) =>
    source({ name: `kleenet-driver-${driver}`, driver, code: codeOf(driver) }, driver),
  );
  await Promise.all(sources.map((path) => world.ok(['plugin', 'add', '-y', path])));
  deepEqual(await versions(world), [
    'kleenet-driver-a 1.0.0 usable',
    'kleenet-driver-b 1.0.0 usable',
  ]);
});

test('what was put there by others is theirs', async ({ world, source }) => {
  writePlugin(join(world.addedTo, 'kleenet-driver-lab'));
  const adding = await world.klee(['plugin', 'add', '-y', source(NEEDS_CORE)]);
  match(adding.stderr, /error: kleenet-driver-lab is already in .*, and klee did not install it/);
  const removing = await world.klee('plugin rm kleenet-driver-lab');
  match(
    removing.stderr,
    /^error: plugin kleenet-driver-lab was not added by klee for this user: it is in /,
  );
  ok(existsSync(join(world.addedTo, 'kleenet-driver-lab/index.js')));
});

rooted(
  'what was added can be read by all and written by root alone, whatever the umask is',
  async ({ world, source }) => {
    const path = source({
      ...NEEDS_CORE,
      files: { ...NEEDS_CORE.files, 'bin/tool': '#!/bin/sh\n' },
    });
    chmodSync(join(path, 'bin/tool'), 0o777);
    chmodSync(join(path, 'index.js'), 0o666);
    chownSync(join(path, 'plain.js'), 65_534, 65_534);
    for (const mask of [0o000, 0o077]) {
      const before = process.umask(mask);
      try {
        await world.ok(['plugin', 'add', '-y', path]);
      } finally {
        process.umask(before);
      }
      await world.ok('create --driver lab host');
      const odd = everything(world)
        .map((name) => join(world.addedTo, name))
        .map((name) => ({ name, stats: lstatSync(name) }))
        .filter(({ stats }) => !stats.isSymbolicLink())
        .filter(({ stats }) => stats.uid !== 0 || ![0o755, 0o644].includes(stats.mode & 0o7777));
      deepEqual(
        odd.map(({ name }) => name),
        [],
      );
    }
  },
);

rooted('root adds nothing where others could write', async ({ world, source }) => {
  mkdirSync(world.plugins);
  chmodSync(world.plugins, 0o777);
  const { status, stderr } = await world.klee(['plugin', 'add', '-y', source(NEEDS_CORE)]);
  equal(status, 1);
  match(
    stderr,
    /^error: .*\/plugins is writable by users other than root \(mode 777\)\nhint: .*chmod/,
  );
  deepEqual(readdirSync(world.plugins), []);
});

test('without npm it says so', async ({ world, source }) => {
  const tools = join(world.folder, 'tools');
  mkdirSync(tools);
  symlinkSync(process.execPath, join(tools, 'node'));
  const path = source();
  world.environment['PATH'] = tools;
  const { status, stderr } = await world.klee(['plugin', 'add', '-y', path]);
  // Where npm lies in a system directory it is found all the same.
  if (status === 0) return;
  match(stderr, /^error: the program 'npm' is not installed\nhint: install the package 'npm'$/m);
});

test('the copy of core is the whole of it, and of the same version', async () => {
  const read = (path: string): Record<string, unknown> =>
    JSON.parse(readFileSync(join(import.meta.dirname, path, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
  const [copy, original] = [read('../dist/core'), read('../../core')];
  equal(copy['version'], original['version']);
  deepEqual(Object.keys(copy['exports'] as object), Object.keys(original['exports'] as object));
  equal(copy['dependencies'], undefined);
  const core = join(import.meta.dirname, '../dist/core');
  for (const [path, file] of Object.entries(copy['exports'] as Record<string, string>)) {
    if (path.endsWith('.json')) continue;
    const made = Object.keys((await import(join(core, file))) as object);
    const wanted = Object.keys((await import(`@kleenet/core${path.slice(1)}`)) as object);
    deepEqual(made.toSorted(), wanted.toSorted(), path);
  }
});

test.run();
