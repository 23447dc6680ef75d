/** `klee plugin add --link`: a plugin that is used from its directory, so that a rebuild is enough. */
import { deepEqual, doesNotMatch, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import type { PluginView } from '../src/render/plugin-view.ts';
import type { FindingView } from '../src/commands/system/findings.ts';
import { codeOf, onlyAsRoot, writePlugin } from '../../host/test/support/plugins.ts';
import { KLEE } from './support/klee.ts';
import { GOOD, PluginWorld, RUN_LAB } from './support/plugins.ts';
import { pack } from './support/registry.ts';

interface Context {
  world: PluginWorld;
  /** The source of a plugin. */
  source: string;
}

const test = suite<Context>('plugin add --link');
const rooted = onlyAsRoot(test);
const NAME = 'kleenet-driver-lab';

test.before.each((context) => {
  context.world = new PluginWorld();
  context.source = writePlugin(join(context.world.folder, 'source'), GOOD);
});
test.after.each(({ world }) => world.remove());

async function link(world: PluginWorld, source: string): Promise<void> {
  equal(await world.ok(['plugin', 'add', '--yes', '--link', source]), NAME);
}

async function viewOf(world: PluginWorld): Promise<PluginView | undefined> {
  const plugins = await world.json<PluginView[]>('plugin ls');
  return plugins.find(({ name }) => name === NAME);
}

for (const runtime of ['node', undefined]) {
  test(`a rebuild is enough, on ${runtime ?? 'the one file'}`, async ({ world, source }) => {
    world.environment['KLEE_RUNTIME'] = runtime;
    await link(world, source);
    await world.ok('network create -t bridge --subnet 10.1.0.0/24 net');
    await world.ok(RUN_LAB);
    const refusing = `validateEndpoint: () => [{ path: 'lab', message: 'is rebuilt' }],`;
    const code = codeOf().replace('validateEndpoint: () => [],', refusing);
    writePlugin(source, { ...GOOD, version: '1.1.0', code });
    match((await world.klee(RUN_LAB.replace('name a', 'name b'))).stderr, /lab: is rebuilt/);
    equal((await viewOf(world))?.version, '1.1.0');
  });
}

test('it says that this is less safe, in help and on adding', async ({ world, source }) => {
  match(
    await world.ok('plugin add --help'),
    /--link is\s+less\s+safe:\s+a\s+user\s+who\s+can\s+change/,
  );
  const { stderr } = await world.klee(['plugin', 'add', '--yes', '--link', source]);
  match(
    stderr,
    /\nIt is used from .*\/source, without a copy: a user who can change anything there runs code as the user who runs klee\.\n$/,
  );
});

test('a listing shows that it is linked, and where to', async ({ world, source }) => {
  await link(world, source);
  const view = await viewOf(world);
  deepEqual([view?.linked_to, view?.state, view?.reason], [source, 'usable', '']);
  match(await world.ok('plugin ls'), new RegExp(`usable, linked to ${source}$`, 'm'));
  equal(await world.ok('system check'), '');
});

test('it is removed without its directory, and replaced by a copy', async ({ world, source }) => {
  await link(world, source);
  await world.ok(`plugin rm ${NAME}`);
  equal(await viewOf(world), undefined);
  deepEqual(readdirSync(source).toSorted(), ['index.js', 'package.json']);
  await link(world, source);
  await world.ok(['plugin', 'add', '--yes', pack(source, world.folder)]);
  equal((await viewOf(world))?.linked_to, '');
  await link(world, source);
  deepEqual(readdirSync(source).toSorted(), ['index.js', 'package.json']);
  equal(readdirSync(join(world.addedTo, '.klee')).filter((name) => name !== 'lock').length, 1);
});

test('a directory that is gone is told wherever the plugin would be, until it is back', async ({
  world,
  source,
}) => {
  await link(world, source);
  const gone = `it is linked, and its directory ${source} is gone`;
  renameSync(source, `${source}-away`);
  match(
    await world.ok('plugin ls'),
    new RegExp(`^${NAME} +1\\.0\\.0 +lab .* skipped: ${gone}$`, 'm'),
  );
  const { status, stdout } = await world.klee('system check --format json');
  equal(status, 1);
  const found = JSON.parse(stdout) as readonly FindingView[];
  deepEqual(
    found.map(({ kind, name, message }) => [kind, name, message]),
    [['plugin', NAME, `is skipped: ${gone}`]],
  );
  const used = await world.klee('create --driver lab host');
  match(used.stderr, new RegExp(`^error: the driver 'lab' cannot be used, .*${gone}$`, 'm'));
  renameSync(`${source}-away`, source);
  await world.ok('create --driver lab host');
  renameSync(source, `${source}-away`);
  equal(await world.ok(`plugin rm -f ${NAME}`), NAME);
  ok(existsSync(`${source}-away/index.js`));
  deepEqual(await viewOf(world), undefined);
});

test('a dry run names the link, and makes none', async ({ world, source }) => {
  const shown = await world.ok(['plugin', 'add', '--dry-run', '--link', source]);
  equal(shown, `link ${join(world.addedTo, NAME)} to ${source}`);
  equal(await viewOf(world), undefined);
});

test('only a directory can be linked', async ({ world, source }) => {
  for (const what of [pack(source, world.folder), NAME]) {
    const { status, stderr } = await world.klee(['plugin', 'add', '-y', '--link', what]);
    equal(status, 1);
    match(stderr, /^error: there is no directory .*\nhint: with --link, give the directory/);
  }
});

test('a plugin that klee would skip is not linked', async ({ world, source }) => {
  writePlugin(source, { ...GOOD, driver: 'ipnet' });
  const { status, stderr } = await world.klee(['plugin', 'add', '-y', '--link', source]);
  equal(status, 1);
  match(stderr, /cannot be added: driver 'ipnet' is already offered by @kleenet\/driver-ipnet/);
});

for (const path of ['source', 'source/index.js']) {
  rooted(`root links nothing where others can write: ${path}`, async ({ world, source }) => {
    chmodSync(join(world.folder, path), 0o777);
    const { status, stderr } = await world.klee(['plugin', 'add', '-y', '--link', source]);
    equal(status, 1);
    match(stderr, new RegExp(`^error: .*/${path} is writable by users other than root`));
    equal(await viewOf(world), undefined);
  });
}

/** As another user, in a directory below /tmp. */
function linkAsOther(): { readonly status: number | null; readonly stderr: string } {
  const home = mkdtempSync('/tmp/klee-link-');
  try {
    const plugin = writePlugin(join(home, 'lab'), GOOD);
    const words = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', KLEE];
    spawnSync('chown', ['-R', '65534:65534', home]);
    return spawnSync('env', [...words, 'plugin', 'add', '-y', '--link', plugin], {
      encoding: 'utf8',
      env: {
        ...process.env,
        HOME: home,
        XDG_DATA_HOME: join(home, 'data'),
        KLEE_PLATFORM: 'memory',
      },
    });
  } finally {
    rmSync(home, { recursive: true });
  }
}

rooted('an ordinary user links nothing where others can write either', () => {
  const shared = linkAsOther();
  equal(shared.status, 1);
  match(
    shared.stderr,
    /^error: \/tmp is writable by other users \(mode 1777\)\nhint: move the plugin/,
  );
  doesNotMatch(shared.stderr, /chmod/);
});

test.run();
