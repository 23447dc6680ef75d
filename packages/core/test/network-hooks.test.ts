/** What a driver makes for each of its networks: when it is told to, and what is left of it. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import * as core from '../src/engine/index.ts';
import { KleenetError } from '../src/errors.ts';
import { createSimulatedPlatform } from '../src/memory/index.ts';
import type { Network } from '../src/model.ts';
import { newProcess, newWorld } from './support/engine.ts';
import type { Process, World } from './support/engine.ts';
import { CLAIMED, PLANNED, interfaceOf, labIn } from './support/network-hooks.ts';
import type { Wishes } from './support/network-hooks.ts';
import { refused } from './support/refusals.ts';

const test = suite('network hooks');

const NET = { name: 'net', type: 'bridge', subnet: '10.1.0.0/24', driver: 'lab' } as const;
const RUN = { image: 'host', driver: 'lab', networks: [{ network: 'net' }] };

function open(world: World, wishes: Wishes = {}): Process {
  return newProcess(world, { plugins: [labIn(world, wishes)] });
}

/** With the calls of its driver. */
function watched(wishes: Wishes = {}): Process & { world: World; calls: string[] } {
  const world = newWorld();
  const calls: string[] = [];
  const process = open(world, { told: (call) => void calls.push(call), ...wishes });
  return { world, calls, ...process };
}

/** The interfaces that the driver made, by the part of their name. */
async function made({ engine, platform }: Process, reference = 'net'): Promise<readonly string[]> {
  const { network } = await core.inspectNetwork(engine, reference);
  const { interfaces } = await platform.inspect();
  return [PLANNED, CLAIMED].filter((one) => interfaces[`/${interfaceOf(one, network)}`]);
}

test('a network is brought up when it is created, and taken down when it is removed', async () => {
  const found = watched();
  const before = await found.platform.inspect();
  await core.createNetwork(found.engine, NET);
  assert.deepEqual(await made(found), [PLANNED, CLAIMED]);
  assert.deepEqual(await core.checkSystem(found.engine), []);
  await core.removeNetwork(found.engine, 'net');
  assert.deepEqual(found.calls, ['up net', 'down net']);
  assert.deepEqual(await found.platform.inspect(), before);
});

test('what is planned is recorded before it is made, with its driver', async () => {
  const world = newWorld();
  const claims: unknown[] = [];
  const { engine } = open(world, {
    told: async () => {
      const found = await world.store.read((snapshot) => snapshot.claims.list());
      claims.push(
        ...found.map(({ owner, resource, driver }) => [owner.kind, resource.name, driver]),
      );
    },
  });
  const network = await core.createNetwork(engine, NET);
  assert.deepEqual(claims, [
    ['network', network.interface, undefined],
    ['network', interfaceOf(PLANNED, network), 'lab'],
  ]);
});

test('a network that cannot be brought up is not created', async () => {
  const calls: string[] = [];
  const found = watched({
    told: (call) => {
      calls.push(call);
      if (call.startsWith('up')) throw new Error('no room');
    },
  });
  const before = await found.platform.inspect();
  await refused(
    core.createNetwork(found.engine, NET),
    'DRIVER_FAILED',
    /^driver lab of plugin driver-lab 1\.0\.0 failed in networkUp: no room$/,
  );
  assert.deepEqual(calls, ['up net', 'down net']);
  assert.deepEqual(await core.listNetworks(found.engine), []);
  assert.deepEqual(await found.platform.inspect(), before);
  assert.deepEqual(await found.world.store.read((snapshot) => snapshot.claims.list()), []);
});

test('containers that start or connect do not bring it up again', async () => {
  const { engine, calls } = watched();
  await core.createNetwork(engine, NET);
  await core.runContainer(engine, { ...RUN, name: 'a' }, 'detached');
  await core.runContainer(engine, { ...RUN, name: 'b' }, 'detached');
  await core.stopContainer(engine, 'a', 0);
  await core.startContainer(engine, 'a', 'detached');
  assert.deepEqual(calls, ['up net']);
});

test('after a reboot the first container brings it up, once', async () => {
  const found = watched();
  const { engine, platform, calls } = found;
  await core.createNetwork(engine, NET);
  for (const name of ['a', 'b']) await core.createContainer(engine, { ...RUN, name });
  await platform.reboot();
  assert.deepEqual(await core.checkSystem(engine), []);
  for (const name of ['a', 'b']) await core.startContainer(engine, name, 'detached');
  assert.deepEqual(calls, ['up net', 'up net']);
  assert.deepEqual(await made(found), [PLANNED, CLAIMED]);
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('so does the interface of klee, when something else has removed it', async () => {
  const found = watched();
  const { engine, platform, calls } = found;
  const network = await core.createNetwork(engine, NET);
  await platform.tamper(({ interfaces }) => {
    delete interfaces[`/${network.interface}`];
  });
  await core.runContainer(engine, { ...RUN, name: 'a' }, 'detached');
  assert.deepEqual(calls, ['up net', 'up net']);
});

test('system up and system down include it', async () => {
  const found = watched();
  const { engine, calls } = found;
  await core.createNetwork(engine, NET);
  assert.deepEqual(await core.systemDown(engine), []);
  assert.deepEqual(await made(found), []);
  assert.deepEqual(await core.checkSystem(engine), []);
  assert.deepEqual(await core.systemUp(engine), []);
  assert.deepEqual(await made(found), [PLANNED, CLAIMED]);
  assert.deepEqual(await core.systemUp(engine), []);
  assert.deepEqual(calls, ['up net', 'down net', 'up net']);
});

test('two networks of one driver are apart', async () => {
  const found = watched();
  const { engine, calls } = found;
  await core.createNetwork(engine, NET);
  await core.createNetwork(engine, { ...NET, name: 'other', subnet: '10.2.0.0/24' });
  await core.removeNetwork(engine, 'net');
  assert.deepEqual(await made(found, 'other'), [PLANNED, CLAIMED]);
  assert.deepEqual(calls, ['up net', 'up other', 'down net']);
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('a network of a custom interface has them, too', async () => {
  const found = watched({ driver: { capabilities: CUSTOM } });
  const { engine, platform, calls } = found;
  await core.createNetwork(engine, { ...NET, type: 'custom', interface: 'ext0' });
  for (const name of ['a', 'b']) await core.createContainer(engine, { ...RUN, name });
  await core.startContainer(engine, 'a', 'detached');
  assert.deepEqual(calls, ['up net']);
  await platform.reboot();
  await core.startContainer(engine, 'b', 'detached');
  assert.deepEqual(calls, ['up net', 'up net']);
  await core.removeNetwork(engine, 'net');
  assert.deepEqual(calls, ['up net', 'up net', 'down net']);
});

const CUSTOM = {
  stack: 'restricted',
  networkTypes: ['custom'],
  families: ['ipv4'],
  connectWhileRunning: true,
  disconnectWhileRunning: true,
} as const;

test('check tells what the driver misses, and repair brings it back', async () => {
  const found = watched();
  const { engine, platform, calls } = found;
  const network = await core.createNetwork(engine, NET);
  await platform.tamper(({ interfaces }) => {
    delete interfaces[`/${interfaceOf(CLAIMED, network)}`];
  });
  const findings = await core.checkSystem(engine);
  assert.deepEqual(
    findings.map(({ kind, name, message }) => [kind, name, message]),
    [['network', 'net', `${interfaceOf(CLAIMED, network)} is missing`]],
  );
  const { repaired, remaining } = await core.repairSystem(engine);
  assert.deepEqual([repaired, remaining], [findings, []]);
  assert.deepEqual(calls, ['up net', 'up net']);
  assert.deepEqual(await made(found), [PLANNED, CLAIMED]);
});

test('a network that was not brought up completely is told, and the next start ends that', async () => {
  let isBroken = false;
  const { engine, platform } = watched({
    told: () => {
      if (isBroken) throw new KleenetError('PLATFORM_COMMAND_FAILED', 'no room');
    },
    plane: { observeNetwork: () => Promise.resolve([]) },
  });
  await core.createNetwork(engine, NET);
  await core.createContainer(engine, { ...RUN, name: 'a' });
  await platform.reboot();
  isBroken = true;
  await refused(core.startContainer(engine, 'a', 'detached'), 'PLATFORM_COMMAND_FAILED', /no room/);
  const told = (await core.checkSystem(engine)).filter(({ kind }) => kind === 'network');
  assert.deepEqual(
    told.map(({ name, message }) => [name, message]),
    [['net', 'driver lab has not brought it up completely']],
  );
  const { remaining } = await core.repairSystem(engine);
  assert.match(remaining[0]?.message ?? '', /repair failed: no room/);
  isBroken = false;
  await core.startContainer(engine, 'a', 'detached');
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('a network that cannot be taken down stays, with its interface, until it can', async () => {
  let isBroken = true;
  const found = watched({
    told: (call) => {
      if (isBroken && call.startsWith('down')) throw new Error('held');
    },
  });
  const { engine, platform } = found;
  const before = await platform.inspect();
  const network = await core.createNetwork(engine, NET);
  await refused(core.removeNetwork(engine, 'net'), 'DRIVER_FAILED', /networkDown: held/);
  assert.ok((await platform.inspect()).interfaces[`/${network.interface}`] !== undefined);
  isBroken = false;
  await core.removeNetwork(engine, 'net').catch((error: unknown) => {
    // The removal that was begun is ended first, and then there is nothing to remove.
    assert.match(String(error), /net/);
  });
  assert.deepEqual(await core.listNetworks(engine), []);
  assert.deepEqual(await platform.inspect(), before);
});

/** Networks whose plugin is gone. */
async function lost(wishes: Wishes = {}): Promise<Process & { readonly world: World }> {
  const world = newWorld();
  await core.createNetwork(open(world, wishes).engine, NET);
  return { world, ...newProcess(world, { plugins: [] }) };
}

test('without the plugin a network is told, and removed by its claims', async () => {
  const { engine, platform, warnings } = await lost();
  const [finding, ...more] = await core.checkSystem(engine);
  assert.match(finding?.message ?? '', /its driver cannot be used: no driver is named 'lab'/);
  assert.deepEqual(more, []);
  const { remaining } = await core.repairSystem(engine);
  assert.match(remaining[0]?.message ?? '', /repair failed: no driver is named 'lab'/);
  await core.removeNetwork(engine, 'net');
  assert.match(
    warnings.join('\n'),
    /^network 'net' was taken down without its driver lab \(no driver/,
  );
  assert.deepEqual(await platform.inspect(), await createSimulatedPlatform().inspect());
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('what core cannot remove without the plugin is left, and told by check', async () => {
  const { engine, warnings } = await lost({ planned: [{ kind: 'tunnel-peer', name: 'peer1' }] });
  await core.removeNetwork(engine, 'net');
  assert.match(warnings.join(), /tunnel-peer peer1 may be left, see 'klee system check'/);
  const findings = await core.checkSystem(engine);
  assert.deepEqual(
    findings.map(({ kind, name }) => [kind, name]),
    [['claim', 'peer1']],
  );
  await core.repairSystem(engine);
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('without the plugin the network cannot be brought up, and others can', async () => {
  const { engine, platform } = await lost();
  await core.createNetwork(engine, { name: 'open', subnet: '10.9.0.0/24' });
  await platform.reboot();
  const failures = await core.systemUp(engine);
  assert.deepEqual(
    failures.map(({ kind, name }) => [kind, name]),
    [['network', 'net']],
  );
});

test('a network without a driver does not load one', async () => {
  const loaded = labIn(newWorld(), {
    driver: { dataPlanes: { memory: () => assert.fail('loaded') } },
  });
  const { engine } = newProcess(newWorld(), { plugins: [loaded] });
  const { driver: _, ...request } = NET;
  await core.createNetwork(engine, request);
  await core.createContainer(engine, { ...RUN, name: 'a' });
  assert.deepEqual(await core.checkSystem(engine), []);
  await core.removeNetwork(engine, 'net');
});

test('a driver without hooks has networks all the same', async () => {
  const { engine, platform } = watched({ plane: NONE });
  const before = await platform.inspect();
  await core.createNetwork(engine, NET);
  await core.runContainer(engine, { ...RUN, name: 'a' }, 'detached');
  assert.deepEqual(await core.checkSystem(engine), []);
  await core.removeContainer(engine, 'a', { force: true });
  await core.removeNetwork(engine, 'net');
  assert.deepEqual(await platform.inspect(), before);
});

const NONE = {
  planNetwork: undefined,
  networkUp: undefined,
  networkDown: undefined,
  observeNetwork: undefined,
} as never;

for (const [what, plane, message] of [
  ['a plan that is not one', { planNetwork: () => 'x' }, /planNetwork: the plan is not an array/],
  [
    'a claim that is not one',
    { networkUp: (_: unknown, { claim }: { claim: (one: object) => unknown }) => claim({}) },
    /claim during networkUp: a resource has no kind/,
  ],
  ['a hook that is not one', { networkUp: 7 }, /it has something else as networkUp/],
] as const) {
  test(`refused as the driver's fault: ${what}`, async () => {
    const { engine } = watched({ plane: plane as never });
    await refused(core.createNetwork(engine, NET), 'DRIVER_FAILED', message);
    assert.deepEqual(await core.listNetworks(engine), []);
  });
}

test('an observation that is not one is refused', async () => {
  const { engine } = watched({ plane: { observeNetwork: () => Promise.resolve([7 as never]) } });
  await core.createNetwork(engine, NET);
  await refused(core.checkSystem(engine), 'DRIVER_FAILED', /observeNetwork: .*not a string/);
});

test('hooks get frozen data', async () => {
  const frozen: boolean[] = [];
  const look = async (network: Network, operation: object): Promise<void> => {
    frozen.push(
      Object.isFrozen(network),
      Object.isFrozen(network.pools),
      Object.isFrozen(operation),
    );
  };
  const { engine } = watched({ plane: { networkUp: look, networkDown: look } });
  await core.createNetwork(engine, NET);
  await core.removeNetwork(engine, 'net');
  assert.deepEqual(
    frozen,
    Array.from({ length: 6 }, () => true),
  );
});

test.run();
