/** In which order a container is started, what is recorded before, and what is left when a step fails. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { DataPlane, PlaneStatus } from '../src/driver.ts';
import * as core from '../src/engine/index.ts';
import type { Engine, StreamMode } from '../src/engine/index.ts';
import { KleenetError } from '../src/errors.ts';
import type { Run } from '../src/model.ts';
import type { HostListener } from '../src/platform.ts';
import type { Snapshot } from '../src/store.ts';
import { RESTRICTED, newProcess, newWorld, pluginSource } from './support/engine.ts';
import type { World } from './support/engine.ts';
import { refused } from './support/refusals.ts';
import { tellingEngine } from './support/telling.ts';

interface Call {
  readonly call: string;
  readonly given: readonly unknown[];
  /** What was recorded by then: a read that is begun at the call comes before any later write. */
  readonly recorded: Promise<readonly string[]>;
}

interface Scene {
  readonly world: World;
  readonly engine: Engine;
  /** It tells what it asks of the host. */
  readonly later: Engine;
  readonly calls: Call[];
}

/** @param meet - called at each call of the platform; what it throws happens there */
async function scene(meet: (call: string) => void = () => undefined): Promise<Scene> {
  const world = newWorld();
  const { engine } = newProcess(world);
  await core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
  const calls: Call[] = [];
  const later: Engine = {
    ...tellingEngine(newProcess(world).engine, (call, ...given) => {
      calls.push({ call, given, recorded: world.store.read(told) });
      meet(call);
    }),
    reap: ['klee', 'reap'],
    awaitOrphans: () => assert.fail('there are no commands of other processes'),
  };
  return { world, engine, later, calls };
}

function told({ containers, runs, claims }: Snapshot): readonly string[] {
  return [
    ...containers.list().map(({ state }) => `container ${state}`),
    ...runs.list().map(({ state }) => `run ${state}`),
    ...claims
      .list()
      .filter(({ owner }) => owner.kind !== 'network')
      .map(({ owner, resource }) => `${owner.kind} ${resource.kind}`),
  ];
}

const REQUEST = { name: 'a', image: 'host', driver: 'vnet', networks: [{ network: 'net' }] };

function steps({ calls }: Scene): readonly string[] {
  const shown = /^(sandboxes\.(create|createStorage|setHostsFiles|start)|attach|firewall\.apply)$/;
  return calls.map(({ call }) => call).filter((call) => shown.test(call));
}

function givenTo({ calls }: Scene, call: string): readonly unknown[] {
  return calls.find((one) => one.call === call)?.given ?? assert.fail(`no ${call}`);
}

test('storage, names, sandbox, endpoints and ports are there before the command starts', async () => {
  const found = await scene();
  const { later, calls, world } = found;
  const { sandboxes } = later.platform;
  const start = sandboxes.start.bind(sandboxes);
  let before: readonly string[] = [];
  sandboxes.start = async (spec, launch, operation, connected) => {
    await connected;
    before = steps(found);
    return start(spec, launch, operation);
  };
  const { container } = await core.runContainer(later, { ...REQUEST, publish: ['80'] }, 'detached');
  assert.deepEqual(before, [
    'sandboxes.createStorage',
    'sandboxes.create',
    'attach',
    'firewall.apply',
  ]);
  // Of all containers of the network, once it is one of them.
  assert.deepEqual(steps(found), [...before, 'sandboxes.start', 'sandboxes.setHostsFiles']);
  const [storage] = givenTo(found, 'sandboxes.createStorage');
  const creating = { ...container, state: 'creating' };
  const entries = [{ address: '10.1.0.2', names: ['a'] }];
  assert.deepEqual(storage, { container: creating, entries });
  assert.equal(container.state, 'ready');
  assert.deepEqual(await world.store.read(({ containers }) => containers.list()), [container]);
  assert.equal((await calls.at(-1)?.recorded)?.[1], 'run running');
});

test('everything that a start makes is claimed before the first step', async () => {
  const found = await scene();
  await core.runContainer(found.later, REQUEST, 'detached');
  const first = found.calls.find(({ call }) => call === 'sandboxes.createStorage');
  assert.deepEqual(await first?.recorded, [
    'container creating',
    'run starting',
    'container directory',
    'container sandbox',
    'endpoint interface',
  ]);
});

test('a run has its own id and sandbox, the boot, and the time', async () => {
  const found = await scene();
  const { later, world } = found;
  const now = new Date(Date.UTC(2030, 0, 1));
  const clock = { ...later.clock, now: () => now };
  const { container } = await core.runContainer({ ...later, clock }, REQUEST, 'detached');
  const run = await world.store.read(({ runs }) => runs.byContainer(container.id));
  const { bootId } = await later.platform.identity();
  const expected: Omit<Run, 'id'> = {
    containerId: container.id,
    state: 'running',
    bootId,
    sandbox: { name: `klee-${container.id}`, stack: 'own' },
    started: now.toISOString(),
  };
  assert.ok(run !== undefined);
  assert.deepEqual(run, { id: run.id, ...expected });
  assert.match(run.id, /^[0-9a-f]{12}$/);
  const described = found.calls.filter(({ call }) => call === 'sandboxes.describe');
  assert.deepEqual(described.at(-1)?.given, [{ ...container, state: 'creating' }, run.id]);
  const starting = { ...run, state: 'starting' };
  assert.deepEqual(givenTo(found, 'sandboxes.start')[0], {
    container: { ...container, state: 'creating' },
    run: starting,
  });
});

test('a container without networks is started though its driver and the firewall cannot work', async () => {
  for (const [memory, code] of [
    [() => planeThatIs('unavailable'), 'DRIVER_UNAVAILABLE'],
    [() => Promise.reject(new Error('a fault of the driver')), 'DRIVER_FAILED'],
  ] as const) {
    const { world, engine, later, calls } = await scene();
    const plugins = [pluginSource('lab', RESTRICTED, { memory })];
    const { registry } = newProcess(world, { plugins }).engine;
    const asking = { ...later, registry };
    const request = { name: 'a', image: 'host', driver: 'lab' };
    await core.runContainer(asking, request, 'detached');
    assert.equal((await core.inspectContainer(engine, 'a')).state, 'running');
    assert.deepEqual(
      calls.map(({ call }) => call).filter((call) => /firewall|HostsFiles|^network$/.test(call)),
      [],
    );
    const connected = { ...request, name: 'b', networks: [{ network: 'net' }] };
    await refused(core.runContainer(asking, connected, 'detached'), code);
    assert.equal((await core.listContainers(engine)).length, 1);
  }
});

function planeThatIs(state: PlaneStatus['state']): Promise<DataPlane> {
  return Promise.resolve({
    status: () => Promise.resolve({ state, reasons: ['it is a test'] }),
    plan: () => [],
    attach: () => Promise.resolve(),
    detach: () => Promise.resolve(),
    observe: () => Promise.resolve([]),
  });
}

test('rules that are gone are loaded before the first endpoint is attached', async () => {
  const found = await scene();
  const { platform } = newProcess(found.world);
  await platform.tamper((state) => {
    state.firewall = '';
  });
  await core.runContainer(found.later, REQUEST, 'detached');
  assert.equal(steps(found)[0], 'firewall.apply');
});

test('what the firewall or the ports of the host forbid is refused before anything is recorded', async () => {
  const { engine, later, calls } = await scene();
  await core.createNetwork(engine, { name: 'in', subnet: '10.2.0.0/24', internal: true });
  const partly: PlaneStatus = { state: 'degraded', reasons: ['it is a test'] };
  const sshd: HostListener = { protocol: 'tcp', port: 22, families: ['ipv4'] };
  const platform = {
    ...later.platform,
    firewall: { ...later.platform.firewall, status: () => Promise.resolve(partly) },
    listeners: () => Promise.resolve([sshd]),
  };
  for (const [request, code] of [
    [{ ...REQUEST, driver: 'ipnet', networks: [{ network: 'in' }] }, 'FIREWALL_UNAVAILABLE'],
    [{ ...REQUEST, publish: ['22:22'] }, 'PORT_IN_USE'],
  ] as const) {
    await core.createContainer(engine, request);
    await refused(core.startContainer({ ...later, platform }, 'a', 'detached'), code);
    assert.equal((await core.inspectContainer(engine, 'a')).state, 'created');
    await core.removeContainer(engine, 'a');
  }
  const changes = /^(sandboxes\.(create|start)|networks\.up|attach$)/;
  assert.deepEqual(
    calls.filter(({ call }) => changes.test(call)),
    [],
  );
});

test('after a boot a start brings its networks up first', async () => {
  const found = await scene();
  await newProcess(found.world).platform.reboot();
  await core.runContainer(found.later, REQUEST, 'detached');
  const order = found.calls
    .map(({ call }) => call)
    .filter((call) => /^(networks\.up|sandboxes\.createStorage|attach)$/.test(call));
  assert.deepEqual(order, ['networks.up', 'sandboxes.createStorage', 'attach']);
  assert.deepEqual(await core.checkSystem(found.engine), []);
});

const FAILURE = new KleenetError('PLATFORM_COMMAND_FAILED', 'the host says no');

for (const step of ['sandboxes.createStorage', 'sandboxes.create', 'attach', 'sandboxes.start']) {
  const meet = (call: string): void => {
    if (call === step) throw FAILURE;
  };

  test(`of a new container nothing is left when ${step} fails, and nothing else is waited for`, async () => {
    const found = await scene(meet);
    const { engine, later } = found;
    const before = await newProcess(found.world).platform.inspect();
    const request = { ...REQUEST, driver: 'ipnet' };
    await refused(core.runContainer(later, request, 'detached'), 'PLATFORM_COMMAND_FAILED', /no$/);
    assert.deepEqual(await core.listContainers(engine), []);
    assert.deepEqual(await newProcess(found.world).platform.inspect(), before);
    assert.deepEqual(await core.checkSystem(engine), []);
  });

  test(`a container that was stopped is stopped again when ${step} fails`, async () => {
    const found = await scene(meet);
    const { engine, later } = found;
    const request = { ...REQUEST, driver: 'ipnet' };
    const container = await core.createContainer(engine, request);
    await refused(core.startContainer(later, 'a', 'detached'), 'PLATFORM_COMMAND_FAILED', /no$/);
    const { container: left, state } = await core.inspectContainer(engine, 'a');
    assert.deepEqual(left, container);
    assert.notEqual(state, 'running');
    assert.deepEqual(await core.checkSystem(engine), []);
  });
}

const TERMINAL = { rows: 24, columns: 80, input: true };

for (const [streams, request, launch] of [
  ['detached', {}, { mode: 'detached' }],
  ['foreground', {}, { mode: 'foreground', stdin: false }],
  ['foreground', { interactive: true }, { mode: 'foreground', stdin: true }],
  [
    { terminal: TERMINAL },
    { interactive: true, terminal: true },
    { mode: 'foreground', stdin: true, terminal: TERMINAL },
  ],
] as readonly (readonly [StreamMode, object, object])[]) {
  const what = typeof streams === 'string' ? streams : 'with a terminal';
  test(`a command that is started ${what}, of a container with ${JSON.stringify(request)}`, async () => {
    const found = await scene();
    const container = await core.createContainer(found.engine, { ...REQUEST, ...request });
    await core.startContainer(found.later, 'a', streams);
    const [spec, given] = givenTo(found, 'sandboxes.start') as readonly { readonly run?: Run }[];
    const reap = ['klee', 'reap', container.id, spec?.run?.id];
    assert.deepEqual(given, { ...launch, reap });
  });
}

test.run();
