/** Kills operations before and after each commit and each step on the host, and looks at what the next one finds. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import { KleenetError, hasCode } from '../src/errors.ts';
import type { ErrorCode } from '../src/errors.ts';
import { newProcess, newWorld } from './support/engine.ts';
import type { World } from './support/engine.ts';
import { mortal } from './support/mortal.ts';
import { CLAIMING } from './support/operations.ts';

const test = suite('crash');

interface Scenario {
  readonly name: string;
  /** Made before, by a process that lives. */
  readonly given: (engine: Engine) => Promise<unknown>;
  readonly operation: (engine: Engine) => Promise<unknown>;
  /** What a retry may be refused with: it says that the first try was done in full. */
  readonly done: readonly ErrorCode[];
}

const net = (engine: Engine): Promise<unknown> =>
  core.createNetwork(engine, {
    name: 'net',
    type: 'bridge',
    subnet: '10.1.0.0/24',
    subnet6: 'fd00::/64',
  });
const run = (engine: Engine, name: string, driver: string, connected = true): Promise<unknown> =>
  core.runContainer(
    engine,
    {
      name,
      image: 'host',
      driver,
      networks: connected ? [{ network: 'net' }] : [],
      restart: 'on-startup',
    },
    'detached',
  );

const SCENARIOS: readonly Scenario[] = [
  { name: 'network create', given: () => Promise.resolve(), operation: net, done: ['NAME_TAKEN'] },
  {
    name: 'network rm',
    given: async (engine) => {
      await net(engine);
      await run(engine, 'web', 'ipnet');
      await run(engine, 'mail', 'vnet');
    },
    operation: (engine) => core.removeNetwork(engine, 'net'),
    done: ['NETWORK_NOT_FOUND'],
  },
  {
    name: 'connect',
    given: async (engine) => {
      await net(engine);
      await run(engine, 'web', 'ipnet', false);
    },
    operation: (engine) => core.connect(engine, { network: 'net', container: 'web' }),
    done: ['ALREADY_CONNECTED'],
  },
  ...['ipnet', 'vnet'].flatMap((driver): Scenario[] => [
    {
      name: `disconnect, ${driver}`,
      given: async (engine) => {
        await net(engine);
        await run(engine, 'web', driver);
      },
      operation: (engine) => core.disconnect(engine, { network: 'net', container: 'web' }),
      done: ['NOT_CONNECTED'],
    },
    {
      name: `run, ${driver}`,
      given: net,
      operation: (engine) => run(engine, 'web', driver),
      done: ['NAME_TAKEN'],
    },
    {
      name: `start, ${driver}`,
      given: async (engine) => {
        await net(engine);
        await core.createContainer(engine, {
          name: 'web',
          image: 'host',
          driver,
          networks: [{ network: 'net' }],
        });
      },
      operation: (engine) => core.startContainer(engine, 'web', 'detached'),
      done: ['CONTAINER_RUNNING'],
    },
    {
      name: `stop, ${driver}`,
      given: async (engine) => {
        await net(engine);
        await run(engine, 'web', driver);
      },
      operation: (engine) => core.stopContainer(engine, 'web', 0),
      done: [],
    },
    {
      name: `rm, ${driver}`,
      given: async (engine) => {
        await net(engine);
        await run(engine, 'web', driver);
      },
      operation: (engine) => core.removeContainer(engine, 'web', { force: true }),
      done: ['CONTAINER_NOT_FOUND'],
    },
  ]),
  {
    name: 'image import',
    given: () => Promise.resolve(),
    operation: (engine) => core.importImage(engine, { name: 'img', source: '/etc' }),
    done: ['NAME_TAKEN'],
  },
  {
    name: 'image rm',
    given: (engine) => core.importImage(engine, { name: 'img', source: '/etc' }),
    operation: (engine) => core.removeImage(engine, 'img'),
    done: ['IMAGE_NOT_FOUND'],
  },
  {
    name: 'container rename',
    given: both,
    operation: (engine) => core.renameContainer(engine, 'web', 'other'),
    done: ['CONTAINER_NOT_FOUND'],
  },
  {
    name: 'restart',
    given: both,
    operation: (engine) => core.restartContainer(engine, 'web', 0),
    done: [],
  },
  {
    name: 'container prune',
    given: async (engine) => {
      await both(engine);
      await core.stopContainer(engine, 'web', 0);
      await core.stopContainer(engine, 'mail', 0);
    },
    operation: (engine) => core.pruneContainers(engine, () => undefined),
    done: [],
  },
  {
    name: 'network prune',
    given: net,
    operation: (engine) => core.pruneNetworks(engine, () => undefined),
    done: [],
  },
  {
    name: 'network rm of several',
    given: severalNetworks,
    operation: async (engine) => {
      const names = (await core.listNetworks(engine)).map(({ name }) => name);
      await each((tell) => core.removeNetworks(engine, names, tell));
    },
    // Of one that was half gone when they were listed: removing begins with finishing that.
    done: ['NETWORK_NOT_FOUND'],
  },
  {
    name: 'network prune of several',
    given: severalNetworks,
    operation: (engine) => core.pruneNetworks(engine, () => undefined),
    done: [],
  },
  {
    name: 'container rm of several',
    given: severalContainers,
    operation: async (engine) => {
      const names = (await core.listContainers(engine)).map(({ container }) => container.name);
      await each((tell) => core.removeContainers(engine, names, { force: true }, tell));
    },
    done: [],
  },
  {
    name: 'container prune of several',
    given: severalContainers,
    operation: (engine) => core.pruneContainers(engine, () => undefined),
    done: [],
  },
  {
    name: 'stop of several',
    given: both,
    operation: (engine) => each((tell) => core.stopContainers(engine, ['web', 'mail'], 0, tell)),
    done: [],
  },
  {
    name: 'system up',
    given: async (engine) => {
      await both(engine);
      await core.systemDown(engine);
    },
    operation: async (engine) => none(await core.systemUp(engine)),
    done: [],
  },
  {
    name: 'system down',
    given: both,
    operation: async (engine) => none(await core.systemDown(engine)),
    done: [],
  },
  {
    name: 'system repair',
    given: async (engine) => {
      await both(engine);
      await engine.platform.firewall.clear(CLAIMING);
    },
    operation: async (engine) => none((await core.repairSystem(engine)).remaining),
    done: [],
  },
];

/**
 * A container of each driver, which are to start with the host. Their names are not of hex digits: once a name is
 * free, what is tried again with it would find whatever id begins like it.
 */
async function both(engine: Engine): Promise<void> {
  await net(engine);
  await run(engine, 'web', 'ipnet');
  await run(engine, 'mail', 'vnet');
}

/** One with containers, and two without. */
async function severalNetworks(engine: Engine): Promise<void> {
  await both(engine);
  for (const number of [2, 3])
    await core.createNetwork(engine, {
      name: `net${number}`,
      type: 'bridge',
      subnet: `10.${number}.0.0/24`,
    });
}

/** Two that run, two that were stopped, and one that never ran. */
async function severalContainers(engine: Engine): Promise<void> {
  await both(engine);
  for (const name of ['one', 'two']) {
    await run(engine, name, 'ipnet');
    await core.stopContainer(engine, name, 0);
  }
  await core.createContainer(engine, {
    name: 'new',
    image: 'host',
    driver: 'ipnet',
    networks: [{ network: 'net' }],
  });
}

/** @throws the first failure */
async function each(work: (tell: core.Tell) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  await work((_, outcome) => {
    if ('error' in outcome) failures.push(outcome.error);
  });
  if (failures.length > 0) throw failures[0];
}

/** What is not thrown but answered: a command that answers any of it exits 1. */
function none(failures: readonly core.Finding[]): void {
  if (failures.length === 0) return;
  throw new KleenetError(
    'PLATFORM_COMMAND_FAILED',
    failures.map(({ message }) => message).join('\n'),
  );
}

async function retry(world: World, { operation, done }: Scenario): Promise<void> {
  try {
    await operation(newProcess(world).engine);
  } catch (error) {
    if (!hasCode(error, ...done)) throw error;
  }
}

async function clear(world: World): Promise<void> {
  const { engine } = newProcess(world);
  for (const { container } of await core.listContainers(engine))
    await core.removeContainer(engine, container.id, { force: true });
  for (const { id } of await core.listNetworks(engine)) await core.removeNetwork(engine, id);
  for (const { image } of await core.listImages(engine))
    if (image.id !== 'host') await core.removeImage(engine, image.id);
}

for (const scenario of SCENARIOS) {
  test(`${scenario.name}: killed at every point, then tried again`, async () => {
    for (let point = 1; ; point++) {
      const world = newWorld();
      const before = await newProcess(world).platform.inspect();
      await scenario.given(newProcess(world).engine);
      const doomed = mortal(world, point);
      await scenario.operation(newProcess(doomed.world).engine).catch((error: unknown) => {
        if (!doomed.dead()) throw error;
      });
      if (!doomed.dead()) {
        assert.ok(point > 2, 'no point was found to kill at');
        return;
      }
      await retry(world, scenario);
      assert.deepEqual(
        await core.checkSystem(newProcess(world).engine),
        [],
        `after death at point ${point}`,
      );
      await clear(world);
      assert.deepEqual(
        await newProcess(world).platform.inspect(),
        before,
        `left over after death at point ${point}`,
      );
    }
  });

  test(`${scenario.name}: fails at every step, and is undone or can be repeated`, async () => {
    for (let step = 1; await failsAt(scenario, step); step++);
  });
}

/** Answers whether there was such a step. */
async function failsAt(scenario: Scenario, step: number): Promise<boolean> {
  const world = newWorld();
  const before = await newProcess(world).platform.inspect();
  await scenario.given(newProcess(world).engine);
  const failing = newProcess(world, { faults: [{ step, when: 'after', kind: 'fail' }] });
  const failed = await scenario.operation(failing.engine).then(
    () => false,
    (error: unknown) => {
      assert.ok(hasCode(error, 'PLATFORM_COMMAND_FAILED'), String(error));
      return true;
    },
  );
  if (!failed && failing.platform.steps < step) return false;
  if (failed) await retry(world, scenario);
  assert.deepEqual(
    await core.checkSystem(newProcess(world).engine),
    [],
    `after a failure at step ${step}`,
  );
  await clear(world);
  assert.deepEqual(
    await newProcess(world).platform.inspect(),
    before,
    `left over after a failure at step ${step}`,
  );
  return true;
}

test.run();
