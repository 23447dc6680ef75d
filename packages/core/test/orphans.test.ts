/** Commands may outlive a klee that was killed: nobody cleans up after it before they have ended. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import { KleenetError, hasCode } from '../src/errors.ts';
import { newProcess, newWorld } from './support/engine.ts';
import type { World } from './support/engine.ts';
import { mortal } from './support/mortal.ts';

const test = suite('orphans');

const net = (engine: Engine): Promise<unknown> =>
  core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
const run = (engine: Engine, networks: readonly { network: string }[]): Promise<unknown> =>
  core.runContainer(engine, { name: 'a', image: 'host', driver: 'ipnet', networks }, 'detached');

interface Scenario {
  readonly name: string;
  readonly given: (engine: Engine) => Promise<unknown>;
  readonly operation: (engine: Engine) => Promise<unknown>;
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'network create', given: () => Promise.resolve(), operation: net },
  { name: 'run', given: net, operation: (engine) => run(engine, [{ network: 'net' }]) },
  {
    name: 'connect',
    given: async (engine) => {
      await net(engine);
      await run(engine, []);
    },
    operation: (engine) => core.connect(engine, { network: 'net', container: 'a' }),
  },
  {
    name: 'stop',
    given: async (engine) => {
      await net(engine);
      await run(engine, [{ network: 'net' }]);
    },
    operation: (engine) => core.stopContainer(engine, 'a', 0),
  },
  {
    name: 'network rm',
    given: net,
    operation: (engine) => core.removeNetwork(engine, 'net'),
  },
  {
    name: 'image import',
    given: () => Promise.resolve(),
    operation: (engine) => core.importImage(engine, { name: 'img', source: '/etc' }),
  },
];

const BUSY = new KleenetError('OBJECT_BUSY', 'a command of a klee that is gone still runs');

/** Retries while a command of the dead process still runs, and answers whether it was waited for. */
async function isRefused(world: World, { operation }: Scenario): Promise<boolean> {
  let asked = 0;
  const busy: Engine = {
    ...newProcess(world).engine,
    awaitOrphans: () => {
      asked += 1;
      return Promise.reject(BUSY);
    },
  };
  const before = await newProcess(world).platform.inspect();
  const error: unknown = await operation(busy).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error !== BUSY) return false;
  assert.ok(asked > 0);
  assert.deepEqual(await newProcess(world).platform.inspect(), before, 'the host was touched');
  return true;
}

/** A process that finds no command of others. */
function patient(world: World): Engine {
  return { ...newProcess(world).engine, awaitOrphans: () => Promise.resolve() };
}

for (const scenario of SCENARIOS) {
  test(`${scenario.name}: killed at every point, nothing is touched until its commands have ended`, async () => {
    let refused = 0;
    for (let point = 1; ; point++) {
      const world = newWorld();
      await scenario.given(newProcess(world).engine);
      const doomed = mortal(world, point);
      await scenario.operation(newProcess(doomed.world).engine).catch((error: unknown) => {
        if (!doomed.dead()) throw error;
      });
      if (!doomed.dead()) break;
      if (!(await isRefused(world, scenario))) continue;
      refused += 1;
      await scenario.operation(patient(world)).catch((error: unknown) => {
        if (!hasCode(error, 'NETWORK_NOT_FOUND')) throw error;
      });
      assert.deepEqual(await core.checkSystem(newProcess(world).engine), [], `after ${point}`);
    }
    assert.ok(refused > 0, 'nobody ever waited');
  });
}

test('an operation that fails is undone without waiting for others', async () => {
  const world = newWorld();
  const failing = newProcess(world, { faults: [{ step: 1, when: 'after', kind: 'fail' }] });
  const engine: Engine = { ...failing.engine, awaitOrphans: () => Promise.reject(BUSY) };
  await assert.rejects(net(engine), (error) => hasCode(error, 'PLATFORM_COMMAND_FAILED'));
  assert.deepEqual(failing.warnings, []);
  assert.deepEqual(await core.listNetworks(newProcess(world).engine), []);
});

test('what others left on other objects is not waited for: it is passed over', async () => {
  const world = newWorld();
  const doomed = mortal(world, 5);
  await net(newProcess(doomed.world).engine).catch(() => undefined);
  const patiences: number[] = [];
  const engine: Engine = {
    ...newProcess(world).engine,
    awaitOrphans: (patience) => {
      patiences.push(patience);
      return Promise.reject(BUSY);
    },
  };
  await core.createNetwork(engine, { name: 'other', subnet: '10.2.0.0/24' });
  assert.deepEqual(patiences, [0]);
});

test.run();
