/** Kills operations on a network with a driver before and after each commit and each step on the host. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import { hasCode } from '../src/errors.ts';
import type { ErrorCode } from '../src/errors.ts';
import { newProcess, newWorld } from './support/engine.ts';
import type { Process, World } from './support/engine.ts';
import { mortal } from './support/mortal.ts';
import { labIn } from './support/network-hooks.ts';

const test = suite('deaths of network hooks');

interface Scenario {
  readonly name: string;
  readonly given?: (process: Process) => Promise<unknown>;
  readonly operation: (engine: Engine) => Promise<unknown>;
  /** What a retry may be refused with: the first try was done in full. */
  readonly done?: ErrorCode;
}

const create = (engine: Engine): Promise<unknown> =>
  core.createNetwork(engine, {
    name: 'net',
    type: 'bridge',
    subnet: '10.1.0.0/24',
    driver: 'lab',
    driverOptions: ['vlan=7'],
  });
const start = (engine: Engine): Promise<unknown> => core.startContainer(engine, 'web', 'detached');

async function withContainer({ engine }: Process): Promise<void> {
  await create(engine);
  await core.createContainer(engine, {
    name: 'web',
    image: 'host',
    driver: 'lab',
    networks: [{ network: 'net' }],
    restart: 'on-startup',
  });
}

async function rebooted(process: Process): Promise<void> {
  await withContainer(process);
  await process.platform.reboot();
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'network create', operation: create, done: 'NAME_TAKEN' },
  {
    name: 'network rm',
    given: async (process) => {
      await withContainer(process);
      await start(process.engine);
    },
    operation: (engine) => core.removeNetwork(engine, 'net'),
    done: 'NETWORK_NOT_FOUND',
  },
  { name: 'start after a reboot', given: rebooted, operation: start, done: 'CONTAINER_RUNNING' },
  {
    name: 'system up after a reboot',
    given: rebooted,
    operation: async (engine) => assert.deepEqual(await core.systemUp(engine), []),
  },
  {
    name: 'system down',
    given: withContainer,
    operation: async (engine) => assert.deepEqual(await core.systemDown(engine), []),
  },
  {
    name: 'system repair',
    given: async (process) => {
      await withContainer(process);
      await process.platform.tamper(({ interfaces }) => {
        for (const key of Object.keys(interfaces)) if (key.includes('lab')) delete interfaces[key];
      });
    },
    operation: async (engine) => assert.deepEqual((await core.repairSystem(engine)).remaining, []),
  },
];

function open(world: World): Process {
  return newProcess(world, { plugins: [labIn(world)] });
}

/** With the plugin, or without it. */
async function clear(world: World, later: Process): Promise<void> {
  for (const { container } of await core.listContainers(later.engine))
    await core.removeContainer(later.engine, container.id, { force: true });
  for (const { id } of await core.listNetworks(later.engine))
    await core.removeNetwork(later.engine, id).catch((error: unknown) => {
      if (!hasCode(error, 'NETWORK_NOT_FOUND')) throw error;
    });
  assert.deepEqual(await world.store.read((snapshot) => snapshot.claims.list()), []);
}

for (const { name, given, operation, done } of SCENARIOS) {
  for (const next of ['tried again', 'without the plugin'] as const) {
    test(`${name}: killed at every point, then ${next}`, async () => {
      for (let point = 1; ; point++) {
        const world = newWorld();
        const bare = (await open(world).platform.inspect()).interfaces;
        await given?.(open(world));
        const doomed = mortal(world, point);
        await operation(open(doomed.world).engine).catch((error: unknown) => {
          if (!doomed.dead()) throw error;
        });
        if (!doomed.dead()) {
          assert.ok(point > 6, `only ${point} points were found to kill at`);
          return;
        }
        const later = next === 'tried again' ? open(world) : newProcess(world, { plugins: [] });
        if (next === 'tried again') {
          await operation(later.engine).catch((error: unknown) => {
            if (done === undefined || !hasCode(error, done)) throw error;
          });
          assert.deepEqual(await core.checkSystem(later.engine), [], `killed at ${point}`);
        }
        await clear(world, later);
        assert.deepEqual((await later.platform.inspect()).interfaces, bare, `killed at ${point}`);
      }
    });
  }
}

test.run();
