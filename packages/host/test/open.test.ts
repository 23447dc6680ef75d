/** An engine as other programs open it. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { hasCode } from '@kleenet/core/errors';
import { openEngine, openReader, readSettings } from '../src/index.ts';
import type { OpenOptions, OpenedEngine, Overrides } from '../src/index.ts';
import { bundledOnly } from '../src/plugins/index.ts';

interface Given {
  readonly folder: string;
}

const test = suite<Given>('opening an engine');

test.before.each((given) => {
  Object.assign(given, { folder: realpathSync(mkdtempSync(join(tmpdir(), 'klee-open-'))) });
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

async function open(
  overrides: Overrides,
  options: Partial<OpenOptions> = {},
): Promise<OpenedEngine> {
  return openEngine(await optionsWith(overrides, options));
}

async function optionsWith(
  overrides: Overrides,
  options: Partial<OpenOptions>,
): Promise<OpenOptions> {
  return {
    settings: await readSettings(overrides, {}, 'linux'),
    plugins: bundledOnly([]),
    environment: {},
    system: 'linux',
    pid: process.pid,
    uid: process.geteuid?.() ?? 0,
    user: () => undefined,
    signal: new AbortController().signal,
    dryRun: false,
    logger: { debug: () => undefined, warn: () => undefined },
    show: () => undefined,
    verbose: false,
    purpose: 'a test',
    self: ['klee'],
    ...options,
  };
}

test('a reader lists the state, and opens its platform when that is asked', async ({ folder }) => {
  const root = join(folder, 'state');
  const reader = await openReader(await optionsWith({ platform: 'linux', root }, {}));
  const { core, engine } = reader;
  assert.deepEqual(await core.listNetworks(engine), []);
  assert.equal(engine.platform.name, 'linux');
  const parts = ['networks', 'sandboxes', 'images', 'firewall'] as const;
  for (const part of parts) assert.throws(() => engine.platform[part], TypeError);
  await Promise.allSettled([engine.platform.identity()]);
  for (const part of parts) assert.equal(typeof engine.platform[part], 'object', part);
  assert.match(engine.platform.networks.interfaceName('0123456789ab', 'bridge'), /0123456789ab/);
  reader.close();
});

test('a reader refuses a platform that is not here, before it is asked', async ({ folder }) => {
  const options = await optionsWith({ platform: 'freebsd', root: join(folder, 'state') }, {});
  await assert.rejects(openReader(options), (error) => hasCode(error, 'PLATFORM_UNSUPPORTED'));
});

test('what one engine makes, the next one finds', async ({ folder }) => {
  const root = join(folder, 'state');
  const first = await open({ platform: 'memory', root });
  assert.equal(existsSync(root), false, 'opening makes nothing');
  await first.core.createNetwork(first.engine, { name: 'testnet', subnet: '10.0.0.0/24' });
  first.close();
  const second = await open({ platform: 'memory', root });
  const networks = await second.core.listNetworks(second.engine);
  second.close();
  assert.deepEqual(
    networks.map(({ name }) => name),
    ['testnet'],
  );
});

test('a dry run leaves nothing', async ({ folder }) => {
  const root = join(folder, 'state');
  const rehearsed = await open({ platform: 'memory', root }, { dryRun: true });
  await rehearsed.core.createNetwork(rehearsed.engine, { name: 'testnet', subnet: '10.0.0.0/24' });
  rehearsed.close();
  const after = await open({ platform: 'memory', root });
  assert.deepEqual(await after.core.listNetworks(after.engine), []);
  after.close();
});

test('a driver that the program does not bring is not known', async ({ folder }) => {
  const opened = await open({ platform: 'memory', root: join(folder, 'state') });
  await assert.rejects(
    opened.core.createContainer(opened.engine, {
      name: 'c',
      driver: 'vnet',
      image: 'host',
      command: [],
    }),
    (error) => hasCode(error, 'DRIVER_NOT_FOUND'),
  );
  opened.close();
});

test('without a prefix, one system does not reach another', async ({ folder }) => {
  await assert.rejects(open({ platform: 'freebsd', root: join(folder, 'state') }), (error) =>
    hasCode(error, 'PLATFORM_UNSUPPORTED'),
  );
});

test.run();
