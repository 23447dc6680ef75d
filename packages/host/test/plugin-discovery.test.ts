/** Looking for plugins, and remembering what was found. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { createRecordingLogger } from '@kleenet/core/testing';
import { driverNames, findPlugins } from '../src/plugins/catalog.ts';
import type { CatalogOptions, PluginCatalog } from '../src/plugins/catalog.ts';
import { pluginPlaces, placeToAdd } from '../src/plugins/places.ts';
import { trustedFolder, writePlugin } from './support/plugins.ts';

interface Place {
  folder: string;
  system: string;
  user: string;
}

const test = suite<Place>('plugin discovery');

test.before.each((context) => {
  context.folder = trustedFolder();
  context.system = join(context.folder, 'system');
  context.user = join(context.folder, 'data/kleenet/plugins');
  mkdirSync(join(context.folder, 'state'), { mode: 0o700 });
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

/** What the program comes with. */
const BUNDLED = ['ipnet', 'vnet'].map((name) => ({
  name: `@kleenet/driver-${name}`,
  version: '1.0.0',
  apiVersion: 1,
  drivers: [{ name, description: 'Of klee.', platforms: ['memory'] as const }],
  load: () => Promise.reject(new Error('code was loaded')),
}));

interface Looked extends PluginCatalog {
  readonly warnings: readonly string[];
}

/** Looks as a user who is not root, and whose the state directory is: files of tests belong to whoever runs them. */
async function look(folder: string, options: Partial<CatalogOptions> = {}): Promise<Looked> {
  const warnings: string[] = [];
  const catalog = await findPlugins({
    root: join(folder, 'state'),
    uid: ordinary,
    pid: process.pid,
    system: 'linux',
    environment: {
      KLEE_PLUGIN_DIRECTORY: join(folder, 'system'),
      XDG_DATA_HOME: join(folder, 'data'),
    },
    home: () => folder,
    bundled: BUNDLED,
    configured: [],
    mayKeep: true,
    importModule: () => Promise.reject(new Error('code was loaded')),
    logger: { ...createRecordingLogger(), warn: (message) => void warnings.push(message) },
    ...options,
  });
  return { ...catalog, warnings };
}

/** Root in tests is taken for somebody else, except where a test says otherwise. */
const me = process.geteuid?.() ?? 0;
const ordinary = me === 0 ? 1000 : me;

const names = ({ found }: PluginCatalog): string[] =>
  found.map(({ name, version }) => `${name} ${version}`);

const PLACES = [
  ['Linux, root', 'linux', 0, ['/usr/local/lib/kleenet/plugins', '/usr/lib/kleenet/plugins']],
  ['FreeBSD, root', 'freebsd', 0, ['/usr/local/lib/kleenet/plugins']],
  ['elsewhere, root', 'darwin', 0, ['/usr/local/lib/kleenet/plugins']],
  [
    'Linux, a user',
    'linux',
    1000,
    [
      '/usr/local/lib/kleenet/plugins',
      '/usr/lib/kleenet/plugins',
      '/home/me/.local/share/kleenet/plugins',
    ],
  ],
] as const;

for (const [name, system, uid, expected] of PLACES) {
  test(`places: ${name}`, () => {
    const surroundings = { system, uid, environment: {}, home: () => '/home/me' };
    deepEqual(
      pluginPlaces(surroundings).map(({ directory }) => directory),
      expected,
    );
    equal(placeToAdd(surroundings).directory, uid === 0 ? expected[0] : expected.at(-1));
  });
}

test('places: what the environment says', () => {
  const environment = { KLEE_PLUGIN_DIRECTORY: '/srv/plugins', XDG_DATA_HOME: '/data' };
  const user = { system: 'linux', uid: 1000, environment, home: () => '/home/me' };
  deepEqual(pluginPlaces(user), [
    { origin: 'system', directory: '/srv/plugins' },
    { origin: 'user', directory: '/data/kleenet/plugins' },
  ]);
  deepEqual(pluginPlaces({ ...user, uid: 0 }), [{ origin: 'system', directory: '/srv/plugins' }]);
  const relative = { ...user, environment: { XDG_DATA_HOME: 'data' } };
  equal(placeToAdd(relative).directory, '/home/me/.local/share/kleenet/plugins');
});

test('nothing is found where nothing is, and nothing is written', async ({ folder }) => {
  const { found, skipped, warnings, sources } = await look(folder);
  deepEqual([found, skipped, warnings], [[], [], []]);
  deepEqual(
    sources.map(({ name }) => name),
    ['@kleenet/driver-ipnet', '@kleenet/driver-vnet'],
  );
  ok(!existsSync(join(folder, 'state/plugins.json')));
});

test('packages, packages of a scope, links; nothing else', async ({ folder, system }) => {
  writePlugin(join(system, 'kleenet-driver-b'), { name: 'kleenet-driver-b', driver: 'b' });
  writePlugin(join(system, '@s/kleenet-driver-a'), { name: '@s/kleenet-driver-a', driver: 'a' });
  writePlugin(join(folder, 'work'), { name: 'kleenet-driver-c', driver: 'c' });
  symlinkSync('../work', join(system, 'kleenet-driver-c'));
  writePlugin(join(system, '.klee/hidden'), { name: 'hidden', driver: 'hidden' });
  writeFileSync(join(system, 'README'), 'not a package');
  const catalog = await look(folder);
  deepEqual(names(catalog), [
    '@s/kleenet-driver-a 1.0.0',
    'kleenet-driver-b 1.0.0',
    'kleenet-driver-c 1.0.0',
  ]);
  deepEqual(catalog.skipped, []);
  deepEqual(driverNames(catalog), ['a', 'b', 'c', 'disabled', 'host', 'ipnet', 'vnet']);
});

test('a directory that may not be read is told, and others are found', async ({
  folder,
  system,
  user,
}) => {
  writePlugin(join(system, 'lab'));
  writePlugin(join(user, 'b'), { name: 'b', driver: 'b' });
  chmodSync(system, 0o000);
  try {
    const { warnings, ...catalog } = await look(folder);
    // Root reads everything.
    const expected = me === 0 ? ['kleenet-driver-lab 1.0.0', 'b 1.0.0'] : ['b 1.0.0'];
    deepEqual(names(catalog), expected);
    equal(warnings.length, me === 0 ? 0 : 1);
  } finally {
    chmodSync(system, 0o755);
  }
});

test('the first of a name is used: klee, system, user, configuration', async ({
  folder,
  system,
  user,
}) => {
  writePlugin(join(system, 'lab'), { version: '1.0.0' });
  writePlugin(join(user, 'lab'), { version: '2.0.0' });
  const configured = [writePlugin(join(folder, 'mine'), { version: '3.0.0' })];
  const catalog = await look(folder, { configured });
  deepEqual(names(catalog), ['kleenet-driver-lab 1.0.0']);
  deepEqual(
    catalog.skipped.map(({ version, origin, reason }) => [version, origin, reason]),
    [
      ['2.0.0', 'user', `another copy of it is in ${system}/lab`],
      ['3.0.0', 'config', `another copy of it is in ${system}/lab`],
    ],
  );
  rmSync(join(system, 'lab'), { recursive: true });
  deepEqual(names(await look(folder, { configured })), ['kleenet-driver-lab 2.0.0']);
  rmSync(join(user, 'lab'), { recursive: true });
  const [only] = (await look(folder, { configured })).found;
  deepEqual([only?.version, only?.origin], ['3.0.0', 'config']);
});

test("klee's own names and drivers are nobody else's", async ({ folder, system }) => {
  writePlugin(join(system, 'a'), { name: '@kleenet/driver-ipnet', driver: 'mine' });
  writePlugin(join(system, 'b'), { name: 'kleenet-driver-b', driver: 'ipnet' });
  writePlugin(join(system, 'c'), { name: 'kleenet-driver-c', driver: 'host' });
  const drivers = ['vnet', 'free'].map((name) => ({
    name,
    description: 'd',
    platforms: ['memory'],
  }));
  writePlugin(join(system, 'd'), { name: 'kleenet-driver-d', kleenet: { drivers } });
  const { found, skipped, warnings, sources } = await look(folder);
  deepEqual(
    found.map(({ name }) => name),
    ['kleenet-driver-d'],
  );
  deepEqual(
    skipped.map(({ plugin, reason }) => `${plugin}: ${reason}`),
    [
      '@kleenet/driver-ipnet: it comes with klee',
      "kleenet-driver-b: driver 'ipnet' is already offered by @kleenet/driver-ipnet",
      "kleenet-driver-c: driver 'host' is already offered by @kleenet/core",
      "kleenet-driver-d: driver 'vnet' is already offered by @kleenet/driver-vnet",
    ],
  );
  equal(warnings.length, 4);
  // What it declares stays whole: core settles again who has which driver.
  deepEqual(
    sources.at(-1)?.drivers.map(({ name }) => name),
    ['vnet', 'free'],
  );
});

test('what is broken is told by name, version and reason, and the rest is found', async ({
  folder,
  system,
}) => {
  writePlugin(join(system, 'good'));
  writePlugin(join(system, 'future'), {
    name: 'kleenet-driver-future',
    version: '9.1.0',
    driver: 'f',
    kleenet: { apiVersion: 99 },
  });
  writePlugin(join(system, 'odd'), {
    name: 'kleenet-driver-odd',
    driver: 'o',
    kleenet: { more: 1 },
  });
  writePlugin(join(system, 'empty'), {
    name: 'kleenet-driver-empty',
    driver: 'e',
    kleenet: { plugin: './none.js' },
  });
  mkdirSync(join(system, 'nothing'));
  mkdirSync(join(system, 'folder/package.json'), { recursive: true });
  symlinkSync('nowhere', join(system, 'dangling'));
  symlinkSync('loop', join(system, 'loop'));
  writePlugin(join(system, 'text'));
  writeFileSync(join(system, 'text/package.json'), 'no JSON');
  execFileSync('mkfifo', [join(mkdirAt(system, 'pipe'), 'package.json')]);
  writeFileSync(join(mkdirAt(system, 'large'), 'package.json'), ' '.repeat(2_000_000));
  const { warnings, ...catalog } = await look(folder);
  deepEqual(names(catalog), ['kleenet-driver-lab 1.0.0']);
  const unreadable = 'its package.json is missing or unreadable';
  deepEqual(warnings.toSorted(), [
    `plugin dangling is skipped: ${unreadable}`,
    `plugin folder is skipped: ${unreadable}`,
    'plugin kleenet-driver-empty 1.0.0 is skipped: its entry ./none.js is missing',
    'plugin kleenet-driver-future 9.1.0 is skipped: it is written for driver contract 99, and this klee has 1',
    'plugin kleenet-driver-odd 1.0.0 is skipped: its package.json is invalid: kleenet.more is unknown',
    `plugin large is skipped: ${unreadable}`,
    `plugin loop is skipped: ${unreadable}`,
    `plugin nothing is skipped: ${unreadable}`,
    `plugin pipe is skipped: ${unreadable}`,
    'plugin text is skipped: its package.json is not a JSON object',
  ]);
  deepEqual(
    catalog.rejected
      .filter(({ drivers = [] }) => drivers.length > 0)
      .map(({ code, drivers }) => [code, drivers]),
    [
      ['PLUGIN_INVALID', ['e']],
      ['API_VERSION_UNSUPPORTED', ['f']],
      ['PLUGIN_INVALID', ['o']],
    ],
  );
});

function mkdirAt(folder: string, name: string): string {
  mkdirSync(join(folder, name));
  return join(folder, name);
}

/** Who owns the files of the test: whose cache it is. */
const owner = { uid: me, environment: {} };

async function lookAsOwner(folder: string, options: Partial<CatalogOptions> = {}): Promise<Looked> {
  const environment = { KLEE_PLUGIN_DIRECTORY: join(folder, 'system') };
  return look(folder, { ...owner, environment, ...options });
}

test('what was found is remembered, and told once', async ({ folder, system }) => {
  writePlugin(join(system, 'good'));
  writePlugin(join(system, 'odd'), {
    name: 'kleenet-driver-odd',
    driver: 'o',
    kleenet: { more: 1 },
  });
  const first = await lookAsOwner(folder);
  equal(first.warnings.length, 1);
  const cache = join(folder, 'state/plugins.json');
  const written = readFileSync(cache, 'utf8');
  const second = await lookAsOwner(folder);
  deepEqual([second.found, second.skipped], [first.found, first.skipped]);
  deepEqual(second.warnings, []);
  equal(readFileSync(cache, 'utf8'), written);
  // Proof that nothing was looked for again: what was remembered is believed.
  writeFileSync(cache, written.replaceAll('A stack of its own.', 'From memory.'));
  equal((await lookAsOwner(folder)).found[0]?.drivers[0]?.description, 'From memory.');
});

type Change = readonly [name: string, change: (place: Place) => void, expected: readonly string[]];

const CHANGES: readonly Change[] = [
  [
    'another version, written over',
    ({ system }) => void writePlugin(join(system, 'lab'), { version: '2.0.0' }),
    ['kleenet-driver-lab 2.0.0'],
  ],
  [
    'a file of the same size, put in its place with its old times',
    ({ folder, system }) => {
      const path = join(system, 'lab/package.json');
      writePlugin(join(folder, 'new'), { version: '2.0.0' });
      utimesSync(join(folder, 'new/package.json'), 1, 1);
      utimesSync(path, 1, 1);
      renameSync(join(folder, 'new/package.json'), path);
    },
    ['kleenet-driver-lab 2.0.0'],
  ],
  [
    'one more',
    ({ system }) => void writePlugin(join(system, 'b'), { name: 'b', driver: 'b' }),
    ['b 1.0.0', 'kleenet-driver-lab 1.0.0'],
  ],
  [
    'one more in a scope',
    ({ system }) => void writePlugin(join(system, '@s/b'), { name: '@s/b', driver: 'b' }),
    ['@s/b 1.0.0', 'kleenet-driver-lab 1.0.0'],
  ],
  ['gone', ({ system }) => rmSync(join(system, 'lab'), { recursive: true }), []],
  [
    'renamed',
    ({ system }) => renameSync(join(system, 'lab'), join(system, 'other')),
    ['kleenet-driver-lab 1.0.0'],
  ],
  ['without its entry', ({ system }) => rmSync(join(system, 'lab/index.js')), []],
  [
    'a link that leads elsewhere',
    ({ folder, system }) => {
      writePlugin(join(folder, 'new'), { version: '2.0.0' });
      rmSync(join(system, 'lab'), { recursive: true });
      symlinkSync('../new', join(system, 'lab'));
    },
    ['kleenet-driver-lab 2.0.0'],
  ],
];

for (const [name, change, expected] of CHANGES) {
  test(`a change is noticed: ${name}`, async (place) => {
    const { folder, system } = place;
    writePlugin(join(system, 'lab'));
    mkdirSync(join(system, '@s'));
    deepEqual(names(await lookAsOwner(folder)), ['kleenet-driver-lab 1.0.0']);
    change(place);
    deepEqual(names(await lookAsOwner(folder)), expected);
    deepEqual(names(await lookAsOwner(folder)), expected);
  });
}

test('a change of what is asked for is noticed', async ({ folder, system }) => {
  writePlugin(join(system, 'lab'));
  const mine = writePlugin(join(folder, 'mine'), { name: 'mine', driver: 'm' });
  deepEqual(names(await lookAsOwner(folder)), ['kleenet-driver-lab 1.0.0']);
  deepEqual(names(await lookAsOwner(folder, { configured: [mine] })), [
    'kleenet-driver-lab 1.0.0',
    'mine 1.0.0',
  ]);
  deepEqual(names(await lookAsOwner(folder)), ['kleenet-driver-lab 1.0.0']);
});

test('what stays broken is not told again because something else has changed', async ({
  folder,
  system,
}) => {
  writePlugin(join(system, 'odd'), { kleenet: { more: 1 } });
  equal((await lookAsOwner(folder)).warnings.length, 1);
  writePlugin(join(system, 'b'), { name: 'b', driver: 'b' });
  deepEqual((await lookAsOwner(folder)).warnings, []);
  writePlugin(join(system, 'odd'), { kleenet: { other: 1 } });
  equal((await lookAsOwner(folder)).warnings.length, 1);
});

test('nothing is remembered when it must not, or cannot be', async ({ folder, system }) => {
  writePlugin(join(system, 'lab'));
  const cache = join(folder, 'state/plugins.json');
  await lookAsOwner(folder, { mayKeep: false });
  ok(!existsSync(cache));
  await lookAsOwner(folder, { root: join(folder, 'none') });
  ok(!existsSync(join(folder, 'none')));
  chmodSync(join(folder, 'state'), 0o777);
  await lookAsOwner(folder);
  ok(!existsSync(cache), 'others could write it');
});

test('a file that is damaged, or that others could have written, is not believed', async ({
  folder,
  system,
}) => {
  writePlugin(join(system, 'lab'));
  const cache = join(folder, 'state/plugins.json');
  await lookAsOwner(folder);
  const lie = readFileSync(cache, 'utf8').replaceAll('A stack of its own.', 'A lie.');
  const description = async (): Promise<string | undefined> =>
    (await lookAsOwner(folder)).found[0]?.drivers[0]?.description;
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"format":2}',
    lie.replace('"format":2', '"format":0'),
  ]) {
    writeFileSync(cache, text);
    match((await description()) ?? '', /A stack/, text);
  }
  writeFileSync(cache, lie);
  equal(await description(), 'A lie.');
  chmodSync(cache, 0o666);
  equal(await description(), 'A stack of its own.');
});

test.run();
