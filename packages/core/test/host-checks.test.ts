/** Drivers that ask the host before anything is recorded. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { CommandRunner } from '../src/command.ts';
import type { DataPlane, DataPlaneDependencies, EndpointRequest } from '../src/driver.ts';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import { KleenetError } from '../src/errors.ts';
import { createSimulatedPlatform } from '../src/memory/index.ts';
import type { Network } from '../src/model.ts';
import { OWN, driverSource, newProcess, newWorld } from './support/engine.ts';
import { watchedStore } from './support/watched-store.ts';
import { refused } from './support/refusals.ts';

const test = suite('host checks');

type Make = (dependencies: DataPlaneDependencies) => Partial<DataPlane>;

interface World {
  readonly engine: Engine;
  /** Commands that were run. */
  readonly ran: string[];
  /** How often a data plane was loaded. */
  readonly loaded: () => number;
  /** How many commits there were. */
  readonly commits: () => number;
}

function open(
  make: Make,
  capabilities = { ...OWN, connectWhileRunning: true, hostChecks: true },
): World {
  const world = newWorld();
  const ran: string[] = [];
  let loads = 0;
  let commits = 0;
  const count = (): void => void (commits += 1);
  const pass = (): void => undefined;
  const store = watchedStore(world.store, {
    beforeRead: pass,
    beforeWrite: count,
    afterWrite: pass,
  });
  const platform = createSimulatedPlatform({ storage: world.storage });
  const plugin = driverSource({
    name: 'lab',
    capabilities,
    options: { bridge: { description: 'Its name. Default: none.', check: () => undefined } },
    validateEndpoint: () => [],
    dataPlanes: {
      memory: async (dependencies) => {
        loads += 1;
        const generic = platform.genericDataPlane?.(OWN);
        if (generic === undefined) throw new TypeError('no generic data plane');
        return { ...generic, ...make(dependencies) };
      },
    },
  });
  const run = async (kind: string, argv: readonly string[]): Promise<never> => {
    ran.push([kind, ...argv].join(' '));
    return { status: 0, stdout: '', stderr: '' } as never;
  };
  const commands: CommandRunner = {
    read: (argv) => run('read', argv),
    change: (argv) => run('change', argv),
    foreground: () => assert.fail('no terminal'),
  };
  const { engine } = newProcess(world, { plugins: [plugin], store });
  return { engine: { ...engine, commands }, ran, loaded: () => loads, commits: () => commits };
}

const NET = { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' } as const;
const LAB = { image: 'host', driver: 'lab' };
const NO_BRIDGE = { path: 'driver-opt bridge', message: 'this host has no bridge br7' };

const OPERATIONS: readonly (readonly [string, (engine: Engine) => Promise<unknown>])[] = [
  ['connect, stopped', (engine) => core.connect(engine, { network: 'net', container: 'stopped' })],
  ['connect, running', (engine) => core.connect(engine, { network: 'net', container: 'running' })],
  ['create', (engine) => core.createContainer(engine, { ...LAB, networks: [{ network: 'net' }] })],
  [
    'run',
    (engine) => core.runContainer(engine, { ...LAB, networks: [{ network: 'net' }] }, 'detached'),
  ],
];

async function given(engine: Engine): Promise<void> {
  await core.createNetwork(engine, NET);
  await core.createContainer(engine, { ...LAB, name: 'stopped' });
  await core.runContainer(engine, { ...LAB, name: 'running' }, 'detached');
}

for (const [name, operation] of OPERATIONS) {
  test(`${name}: what the host lacks is told before anything is recorded`, async () => {
    const { engine, ran, commits } = open(({ commands }) => ({
      async checkEndpoint(_network, _request, { signal }) {
        await commands.read(['ip', 'link', 'show', 'br7'], { signal });
        return [NO_BRIDGE];
      },
    }));
    await given(engine);
    const before = commits();
    await refused(
      operation(engine),
      'INVALID_ARGUMENT',
      /^driver-opt bridge: this host has no bridge br7$/,
    );
    assert.equal(commits(), before);
    assert.deepEqual(ran, ['read ip link show br7']);
    assert.deepEqual((await core.inspectNetwork(engine, 'net')).endpoints, []);
  });

  test(`${name}: a check that finds nothing changes nothing else`, async () => {
    const asked: (Network | EndpointRequest)[] = [];
    const { engine } = open(() => ({
      async checkEndpoint(network, request) {
        asked.push(network, request);
        assert.ok(Object.isFrozen(network) && Object.isFrozen(request));
        return [];
      },
    }));
    await given(engine);
    await operation(engine);
    const { network, endpoints } = await core.inspectNetwork(engine, 'net');
    assert.equal(endpoints.length, 1);
    assert.deepEqual(asked, [network, { addresses: {}, gatewayPriority: 0, options: {} }]);
  });
}

test('network create: the same, for a network with the driver', async () => {
  const { engine, commits } = open(() => ({
    checkNetwork: async ({ driver, name }) => [{ path: 'interface', message: `${driver} ${name}` }],
  }));
  await refused(
    core.createNetwork(engine, { ...NET, driver: 'lab' }),
    'INVALID_ARGUMENT',
    /^interface: lab net$/,
  );
  assert.equal(commits(), 0);
  await core.createNetwork(engine, NET);
});

const CHANGES: readonly (readonly [string, Make, RegExp])[] = [
  [
    'and says so',
    ({ commands }) => ({
      checkEndpoint: async () => {
        await commands.change(['ip', 'link', 'add', 'br7']);
        return [];
      },
    }),
    /checkEndpoint: a check only reads, and it tries 'ip link add br7'$/,
  ],
  [
    'and keeps silent about the refusal',
    ({ commands }) => ({
      checkEndpoint: async () => {
        await commands.change(['ip', 'link', 'add', 'br7']).catch(() => undefined);
        return [NO_BRIDGE];
      },
    }),
    /checkEndpoint: a check only reads, and it tries 'ip link add br7'$/,
  ],
  [
    'on a terminal',
    ({ commands }) => ({
      checkEndpoint: async () => {
        await commands.foreground(['vi', 'file'], { stdin: true }).exited;
        return [];
      },
    }),
    /it tries 'vi file'$/,
  ],
];

for (const [name, make, message] of CHANGES)
  test(`a check that changes the host is the driver's fault: ${name}`, async () => {
    const { engine, ran } = open(make);
    await given(engine);
    await refused(
      core.connect(engine, { network: 'net', container: 'stopped' }),
      'DRIVER_FAILED',
      message,
    );
    assert.deepEqual(ran, []);
  });

test('after a check the driver can change the host', async () => {
  const { engine, ran } = open(({ commands }) => ({
    checkEndpoint: async () => [],
    attach: async (_target, { signal }) =>
      void (await commands.change(['ip', 'link', 'add', 'br7'], { signal })),
  }));
  await given(engine);
  await core.connect(engine, { network: 'net', container: 'running' });
  assert.deepEqual(ran, ['change ip link add br7']);
});

test('an answer that is not one, and an error of another kind, are the fault of the driver', async () => {
  for (const [answer, message] of [
    [() => Promise.resolve([{ path: 7 }]), /checkEndpoint: an issue has no path/],
    [() => Promise.reject(new Error('boom')), /failed in checkEndpoint: boom/],
  ] as const) {
    const { engine } = open(() => ({ checkEndpoint: answer as never }));
    await given(engine);
    const connecting = core.connect(engine, { network: 'net', container: 'stopped' });
    await refused(connecting, 'DRIVER_FAILED', message);
  }
});

test('an error that a check expects is passed on', async () => {
  const { engine } = open(() => ({
    checkEndpoint: () => Promise.reject(new KleenetError('TOOL_MISSING', 'ovs-vsctl is missing')),
  }));
  await given(engine);
  await refused(
    core.connect(engine, { network: 'net', container: 'stopped' }),
    'TOOL_MISSING',
    /ovs/,
  );
});

test('a driver that declares no checks is not loaded to record a connection', async () => {
  const { engine, loaded } = open(() => ({ checkEndpoint: () => assert.fail('asked') }), {
    ...OWN,
    connectWhileRunning: true,
    hostChecks: false,
  });
  await core.createNetwork(engine, NET);
  await core.createContainer(engine, { ...LAB, name: 'a', networks: [{ network: 'net' }] });
  await core.createContainer(engine, { ...LAB, name: 'b' });
  await core.connect(engine, { network: 'net', container: 'b' });
  assert.equal(loaded(), 0);
});

test.run();
