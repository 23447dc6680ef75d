/** Operations on several objects: what they do together, in which order they tell, and that they overlap. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Engine, Outcome } from '../src/engine/index.ts';
import { KleenetError, hasCode } from '../src/errors.ts';
import type { Container } from '../src/model.ts';
import type { Platform, SandboxPlatform } from '../src/platform.ts';
import { newProcess, newWorld } from './support/engine.ts';
import type { World } from './support/engine.ts';
import { tellingEngine } from './support/telling.ts';
import { until } from './support/waiting.ts';
import { watchedStore } from './support/watched-store.ts';

const NAMES = ['alpha', 'beta', 'gamma', 'delta'];

async function networks(engine: Engine): Promise<void> {
  for (const [index, name] of NAMES.entries())
    await core.createNetwork(engine, { name, type: 'bridge', subnet: `10.${index}.0.0/24` });
}

const create = (engine: Engine, name: string): Promise<unknown> =>
  core.createContainer(engine, { name, image: 'host', driver: 'ipnet', networks: NET });
const run = (engine: Engine, name: string): Promise<unknown> =>
  core.runContainer(engine, { name, image: 'host', driver: 'ipnet', networks: NET }, 'detached');
const NET = [{ network: 'alpha' }];

/** A world with a network and containers that have been stopped. */
async function stopped(): Promise<World> {
  const world = newWorld();
  const { engine } = newProcess(world);
  await core.createNetwork(engine, { name: 'alpha', type: 'bridge', subnet: '10.0.0.0/24' });
  for (const name of NAMES) {
    await run(engine, name);
    await core.stopContainer(engine, name, 0);
  }
  return world;
}

/** Outcomes as `REFERENCE done` or `REFERENCE CODE`. */
async function told(work: (tell: core.Tell) => Promise<void>): Promise<readonly string[]> {
  const lines: string[] = [];
  await work((reference, outcome) => lines.push(`${reference} ${wordOf(outcome)}`));
  return lines;
}

function wordOf(outcome: Outcome): string {
  if ('id' in outcome) return 'done';
  return outcome.error instanceof KleenetError ? outcome.error.code : String(outcome.error);
}

/** A process whose sandboxes do something else. */
function withSandboxes(world: World, parts: Partial<SandboxPlatform>): Engine {
  const { engine } = newProcess(world);
  const platform: Platform = {
    ...engine.platform,
    sandboxes: { ...engine.platform.sandboxes, ...parts },
  };
  return { ...engine, platform };
}

/** How often the host was asked for each of these, and the commits. */
async function counted(
  world: World,
  calls: RegExp,
  work: (engine: Engine) => Promise<unknown>,
): Promise<{ readonly calls: readonly string[]; readonly commits: number }> {
  let commits = 0;
  const store = watchedStore(world.store, {
    beforeRead: () => undefined,
    beforeWrite: () => undefined,
    afterWrite: () => (commits += 1),
  });
  const made: string[] = [];
  const { engine } = newProcess(world, { store });
  await work(tellingEngine(engine, (call) => void (calls.test(call) && made.push(call))));
  return { calls: made, commits };
}

test('several networks go with one change of their interfaces, one load of the firewall and two commits', async () => {
  const world = newWorld();
  await networks(newProcess(world).engine);
  const changes = /^(networks\.down|firewall\.(apply|endFlows))/;
  const found = await counted(world, changes, (engine) =>
    told((tell) => core.removeNetworks(engine, NAMES, tell)),
  );
  assert.deepEqual(found, {
    calls: ['networks.downTogether', 'firewall.apply', 'firewall.endFlows'],
    commits: 2,
  });
  assert.deepEqual(await core.listNetworks(newProcess(world).engine), []);
});

test('a network that cannot be removed is told, and the others go', async () => {
  const world = newWorld();
  await networks(newProcess(world).engine);
  const { engine } = newProcess(world);
  const no = new KleenetError('PLATFORM_COMMAND_FAILED', 'no');
  const host = engine.platform.networks;
  const failing: Engine = {
    ...engine,
    platform: {
      ...engine.platform,
      networks: {
        ...host,
        downTogether: () => Promise.reject(no),
        down: (network, ...rest) =>
          network.name === 'beta' ? Promise.reject(no) : host.down(network, ...rest),
      },
    },
  };
  const {
    network: { id },
  } = await core.inspectNetwork(engine, 'alpha');
  const outcomes = await told((tell) =>
    core.removeNetworks(failing, ['nothing', ...NAMES, id], tell),
  );
  assert.deepEqual(outcomes, [
    'nothing NETWORK_NOT_FOUND',
    'alpha done',
    'beta PLATFORM_COMMAND_FAILED',
    'gamma done',
    'delta done',
    `${id} NETWORK_NOT_FOUND`,
  ]);
  const left = await core.listNetworks(newProcess(world).engine);
  assert.deepEqual(
    left.map(({ name }) => name),
    ['beta'],
  );
});

test('the files of containers at rest go with one command, and their hosts are written once', async () => {
  const world = await stopped();
  await run(newProcess(world).engine, 'runs');
  const changes = /^sandboxes\.(removeStorages?|setHostsFiles)$/;
  const found = await counted(world, changes, (engine) =>
    told((tell) => core.removeContainers(engine, NAMES, {}, tell)),
  );
  assert.deepEqual(found, {
    calls: ['sandboxes.removeStorages', 'sandboxes.setHostsFiles'],
    commits: 2,
  });
});

test('containers that never ran go with one commit, and nothing is done on the host', async () => {
  const world = newWorld();
  const { engine } = newProcess(world);
  await networks(engine);
  for (const name of NAMES) await create(engine, name);
  const found = await counted(world, /^sandboxes\.(remove|stop|destroy)/, (later) =>
    core.pruneContainers(later, () => undefined),
  );
  assert.deepEqual(found, { calls: [], commits: 1 });
  assert.deepEqual(await core.listContainers(engine), []);
});

test('prune leaves what runs, and tells each that it removes', async () => {
  const world = await stopped();
  const { engine } = newProcess(world);
  await run(engine, 'runs');
  const removed: string[] = [];
  await core.pruneContainers(engine, (id) => removed.push(id));
  assert.equal(removed.length, NAMES.length);
  const left = await core.listContainers(engine);
  assert.deepEqual(
    left.map(({ container }) => container.name),
    ['runs'],
  );
});

test('a container whose files cannot be removed is told and stays, and the others go', async () => {
  const world = await stopped();
  const no = new KleenetError('PLATFORM_COMMAND_FAILED', 'no');
  const { sandboxes } = newProcess(world).platform;
  const failing = withSandboxes(world, {
    removeStorages: () => Promise.reject(no),
    removeStorage: (container: Container, operation) =>
      container.name === 'beta'
        ? Promise.reject(no)
        : sandboxes.removeStorage(container, operation),
  });
  const outcomes = await told((tell) => core.removeContainers(failing, NAMES, {}, tell));
  assert.deepEqual(outcomes, [
    'alpha done',
    'beta PLATFORM_COMMAND_FAILED',
    'gamma done',
    'delta done',
  ]);
  const { engine } = newProcess(world);
  await core.removeContainer(engine, 'beta').catch((error: unknown) => {
    assert.ok(hasCode(error, 'CONTAINER_NOT_FOUND'), String(error));
  });
  assert.deepEqual(await core.listContainers(engine), []);
});

test('one that another process works on is waited for, and the others do not wait for it', async () => {
  const world = await stopped();
  const { engine } = newProcess(world);
  const { container } = await core.inspectContainer(engine, 'beta');
  const lock = await world.locks.acquire({
    key: `container-${container.id}`,
    mode: 'exclusive',
    purpose: 'a test',
    patience: 0,
  });
  const removing = told((tell) => core.removeContainers(engine, NAMES, {}, tell));
  await until('only one is left', async () => (await core.listContainers(engine)).length === 1);
  lock.release();
  assert.deepEqual(
    await removing,
    NAMES.map((name) => `${name} done`),
  );
});

test('several containers are stopped at the same time, and told in the order of their names', async () => {
  const world = newWorld();
  const { engine } = newProcess(world);
  await networks(engine);
  for (const name of NAMES) await run(engine, name);
  const { sandboxes } = newProcess(world).platform;
  let waiting = 0;
  const slow = withSandboxes(world, {
    async stop(...given) {
      waiting += 1;
      await until('all are being stopped', () => waiting === NAMES.length);
      return sandboxes.stop(...given);
    },
  });
  const outcomes = await told((tell) =>
    core.stopContainers(slow, [...NAMES.toReversed(), 'nothing'], 0, tell),
  );
  assert.deepEqual(outcomes, [
    ...NAMES.toReversed().map((name) => `${name} done`),
    'nothing CONTAINER_NOT_FOUND',
  ]);
});

test('after an interrupt nothing more begins, and the rest is told as interrupted', async () => {
  const world = newWorld();
  const { engine } = newProcess(world);
  await networks(engine);
  const many = Array.from({ length: 12 }, (_, index) => `many${index}`);
  for (const name of many) await run(engine, name);
  const { sandboxes } = newProcess(world).platform;
  let begun = 0;
  const interrupted = withSandboxes(world, {
    async stop(...given) {
      begun += 1;
      if (begun === 1) throw new KleenetError('INTERRUPTED', 'interrupted');
      await until('as many have begun as there may', () => begun === 8);
      return sandboxes.stop(...given);
    },
  });
  const outcomes = await told((tell) => core.stopContainers(interrupted, many, 0, tell));
  assert.deepEqual(
    outcomes,
    many.map((name) => `${name} INTERRUPTED`),
  );
  assert.equal(begun, 8);
});

test('an operation on a container of a network does not wait for one on another container', async () => {
  const world = newWorld();
  const { engine } = newProcess(world);
  await networks(engine);
  for (const name of ['held', 'free'])
    await core.runContainer(engine, { name, image: 'host', driver: 'ipnet' }, 'detached');
  let [asked, reached] = [0, false];
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const { platform } = newProcess(world);
  const held: Engine = {
    ...engine,
    platform: {
      ...platform,
      networks: {
        ...platform.networks,
        async requireFamilies() {
          asked += 1;
          // The first time before it is recorded, the second before it is attached.
          if (asked < 2) return;
          reached = true;
          await gate;
        },
      },
    },
  };
  const first = core.connect(held, { network: 'alpha', container: 'held' });
  await until('the first is in the middle', () => reached);
  await core.connect(engine, { network: 'alpha', container: 'free' });
  await core.disconnect(engine, { network: 'alpha', container: 'free' });
  await core.stopContainer(engine, 'free', 0);
  await core.removeContainer(engine, 'free');
  await run(engine, 'new');
  release();
  const { addresses } = await first;
  assert.equal(addresses.ipv4, '10.0.0.2');
});

test.run();
