/** Connections end with what allowed them, and rules are looked at before anything is attached. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { Cidr, IpAddress } from '../src/address/types.ts';
import * as core from '../src/engine/index.ts';
import { KleenetError, hasCode } from '../src/errors.ts';
import type { SimulatedFlow } from '../src/memory/state.ts';
import type { SandboxSpec } from '../src/platform.ts';
import { newProcess, newWorld } from './support/engine.ts';
import type { Process } from './support/engine.ts';

const test = suite('flows');

const NET = { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' } as const;
const WEB = { name: 'web', image: 'host', networks: [{ network: 'net', ip: '10.1.0.9' }] } as const;

function flow(from: string, to: string, port?: number): SimulatedFlow {
  return {
    from: from as IpAddress,
    to: to as IpAddress,
    ...(port === undefined ? {} : { port }),
  };
}

const OTHER = flow('198.51.100.7', '203.0.113.1');
const FROM = flow('10.1.0.9', '203.0.113.1');
const TO = flow('203.0.113.1', '10.1.0.9');

async function remember({ platform }: Process, ...flows: readonly SimulatedFlow[]): Promise<void> {
  await platform.tamper((state) => {
    state.flows = [...flows];
  });
}

async function remembered({ platform }: Process): Promise<readonly SimulatedFlow[]> {
  return (await platform.inspect()).flows ?? [];
}

async function running(): Promise<Process> {
  const process = newProcess(newWorld());
  await core.createNetwork(process.engine, NET);
  await core.runContainer(process.engine, { ...WEB, publish: ['8080:80'] }, 'detached');
  await remember(process, OTHER, FROM, TO);
  return process;
}

for (const [what, act] of [
  ['disconnecting', (engine) => core.disconnect(engine, { network: 'net', container: 'web' })],
  ['stopping', (engine) => core.stopContainer(engine, 'web', 0)],
  ['removing the container', (engine) => core.removeContainer(engine, 'web', { force: true })],
  ['removing the network', (engine) => core.removeNetwork(engine, 'net')],
] as readonly (readonly [string, (engine: core.Engine) => Promise<unknown>])[]) {
  test(`${what} ends the connections of its addresses, and no others`, async () => {
    const process = await running();
    await act(process.engine);
    assert.deepEqual(await remembered(process), [OTHER]);
  });
}

test('connections end when nothing can begin any more: the rules are closed, and the container is detached', async () => {
  for (const act of [
    (engine: core.Engine) => core.disconnect(engine, { network: 'net', container: 'web' }),
    (engine: core.Engine) => core.stopContainer(engine, 'web', 0),
  ]) {
    const { engine, platform } = await running();
    const working = platform.firewall.endFlows.bind(platform.firewall);
    let found = 'never asked';
    platform.firewall.endFlows = async (flows, operation) => {
      found = JSON.stringify({ ...(await platform.inspect()), flows: [], storage: [] });
      return working(flows, operation);
    };
    assert.match(JSON.stringify(await platform.inspect()), /10\.1\.0\.9/);
    await act(engine);
    assert.ok(found.startsWith('{'), found);
    assert.doesNotMatch(found, /10\.1\.0\.9/);
  }
});

test('connections that could not be ended keep the address until another try', async () => {
  const world = newWorld();
  const process = newProcess(world);
  const { engine, platform } = process;
  await core.createNetwork(engine, NET);
  await core.runContainer(engine, WEB, 'detached');
  await remember(process, TO);
  const working = platform.firewall.endFlows.bind(platform.firewall);
  const failure = new KleenetError('PLATFORM_COMMAND_FAILED', 'no netlink');
  platform.firewall.endFlows = () => Promise.reject(failure);
  await assert.rejects(core.disconnect(engine, { network: 'net', container: 'web' }), /no netlink/);
  const taken = core.createContainer(engine, { ...WEB, name: 'next' });
  await assert.rejects(taken, (error) => hasCode(error, 'ADDRESS_IN_USE'));
  platform.firewall.endFlows = working;
  // What an interrupted disconnect left is finished by the next command.
  await core.disconnect(newProcess(world).engine, { network: 'net', container: 'web' });
  assert.deepEqual(await remembered(process), []);
  await core.createContainer(engine, { ...WEB, name: 'next' });
});

test('a network that is made hears nothing of the world before it, unless others share its subnet', async () => {
  const process = newProcess(newWorld());
  const { engine } = process;
  await remember(process, OTHER, FROM, TO);
  await core.createNetwork(engine, { ...NET, internal: true });
  assert.deepEqual(await remembered(process), [OTHER]);
  await remember(process, FROM);
  await core.createNetwork(engine, { ...NET, type: 'loopback', name: 'twin', allowOverlap: true });
  assert.deepEqual(await remembered(process), [FROM]);
  await core.removeNetwork(engine, 'twin');
  assert.deepEqual(await remembered(process), [FROM]);
  await core.removeNetwork(engine, 'net');
  assert.deepEqual(await remembered(process), []);
});

test("a network over the host's own addresses or routes leaves the connections there alone", async () => {
  const world = newWorld();
  const process = newProcess(world);
  const ssh = flow('192.0.2.77', '192.0.2.10', 22);
  const routed = flow('192.0.2.77', '10.9.1.1');
  await remember(process, ssh, routed);
  const over = { name: 'over', subnet: '192.0.2.0/24', allowOverlap: true } as const;
  await core.createNetwork(process.engine, over);
  assert.deepEqual(await remembered(process), [ssh, routed]);
  // A container's own connections end all the same.
  await core.runContainer(
    process.engine,
    { name: 'c', image: 'host', networks: [{ network: 'over', ip: '192.0.2.99' }] },
    'detached',
  );
  await remember(process, ssh, routed, flow('192.0.2.99', '198.51.100.1'));
  await core.removeNetwork(process.engine, 'over');
  assert.deepEqual(await remembered(process), [ssh, routed]);
  const { platform } = process;
  const engine = {
    ...process.engine,
    platform: {
      ...platform,
      network: async () => ({
        ...(await platform.network()),
        addresses: [],
        routes: async () => [{ destination: '10.9.0.0/16' as Cidr, interface: 'ext0' }],
      }),
    },
  };
  await core.createNetwork(engine, { name: 'way', subnet: '10.9.1.0/24', allowOverlap: true });
  await core.removeNetwork(engine, 'way');
  assert.deepEqual(await remembered(process), [ssh, routed]);
});

test('a custom network shares its subnet with neighbours, whose connections stay', async () => {
  const process = newProcess(newWorld());
  const neighbour = flow('192.0.2.77', '192.0.2.10');
  await remember(process, neighbour);
  const custom = {
    name: 'lan',
    type: 'custom',
    interface: 'ext0',
    subnet: '192.0.2.0/24',
  } as const;
  await core.createNetwork(process.engine, custom);
  await core.removeNetwork(process.engine, 'lan');
  assert.deepEqual(await remembered(process), [neighbour]);
});

test('what the host took at a port before it was published begins anew', async () => {
  const process = newProcess(newWorld());
  const { engine } = process;
  await core.createNetwork(engine, NET);
  const before = flow('198.51.100.7', '192.0.2.10', 8080);
  const beside = flow('198.51.100.7', '192.0.2.10', 8081);
  await remember(process, before, beside);
  await core.runContainer(engine, { ...WEB, publish: ['8080:80'] }, 'detached');
  assert.deepEqual(await remembered(process), [beside]);
});

test('when another network comes first, what went to a published port by the old one begins anew', async () => {
  const process = newProcess(newWorld());
  const { engine } = process;
  await core.createNetwork(engine, NET);
  await core.createNetwork(engine, { ...NET, name: 'next', subnet: '10.2.0.0/24' });
  await core.runContainer(engine, { ...WEB, publish: ['8080:80/udp'] }, 'detached');
  const through = (to: string, port: number): SimulatedFlow => ({
    ...flow('198.51.100.7', to, port),
    at: '192.0.2.10' as IpAddress,
  });
  const others = [through('10.1.0.9', 8081), through('10.1.0.77', 8080)];
  await remember(process, through('10.1.0.9', 8080), ...others);
  const wanted = { network: 'next', container: 'web' };
  await core.connect(engine, { ...wanted, gatewayPriority: -1 });
  assert.deepEqual(await remembered(process), [through('10.1.0.9', 8080), ...others]);
  await core.disconnect(engine, wanted);
  await core.connect(engine, { ...wanted, gatewayPriority: 100 });
  assert.deepEqual(await remembered(process), others);
});

async function forgetRules({ platform }: Process): Promise<void> {
  await platform.tamper((state) => {
    state.firewall = '';
  });
}

test('rules that are gone are loaded before anything is attached', async () => {
  const process = newProcess(newWorld());
  const { engine, platform } = process;
  await core.createNetwork(engine, { ...NET, internal: true });
  await core.createNetwork(engine, { name: 'loop', subnet: '10.2.0.0/24' });
  await core.createContainer(engine, WEB);
  const { firewall } = await platform.inspect();
  const loaded = async (): Promise<void> => {
    assert.equal((await platform.inspect()).firewall, firewall);
    await forgetRules(process);
  };
  await forgetRules(process);
  await core.startContainer(engine, 'web', 'detached');
  await loaded();
  await core.restartContainer(engine, 'web', 0);
  await loaded();
  await core.runContainer(
    engine,
    { name: 'other', image: 'host', networks: [{ network: 'loop' }] },
    'detached',
  );
  await loaded();
  await core.connect(engine, { network: 'net', container: 'other' });
  await loaded();
  await core.repairSystem(engine);
  await loaded();
});

const PUBLISHING = { name: 'open', image: 'host', publish: ['8081:80'] } as const;

for (const [what, act] of [
  ['a start', (engine) => core.startContainer(engine, 'other', 'detached')],
  [
    'a run',
    (engine) =>
      core.runContainer(
        engine,
        { name: 'further', image: 'host', networks: [{ network: 'net' }] },
        'detached',
      ),
  ],
  ['a connection', (engine) => core.connect(engine, { network: 'net', container: 'more' })],
  [
    'making a network',
    (engine) => core.createNetwork(engine, { name: 'new', subnet: '10.3.0.0/24' }),
  ],
  ['removing a network', (engine) => core.removeNetwork(engine, 'unused')],
  ['removing unused networks', (engine) => core.pruneNetworks(engine, () => undefined)],
  ['disconnecting', (engine) => core.disconnect(engine, { network: 'loop', container: 'open' })],
  ['a stop', (engine) => core.stopContainer(engine, 'open', 0)],
  ['removing a container', (engine) => core.removeContainer(engine, 'open', { force: true })],
  [
    'reaping',
    async (engine) => {
      const run = await engine.store.read(({ containers, runs }) =>
        runs.byContainer(containers.byName('open')?.id ?? ''),
      );
      assert.ok(run !== undefined);
      await engine.platform.sandboxes.stop(await specOf(engine, 'open'), 'KILL', 0);
      await core.reapRun(engine, run.containerId, run.id);
    },
  ],
  [
    'looking at what was interrupted',
    async (engine) => {
      await engine.store.write((tx) => {
        const network = tx.networks.byName('unused');
        assert.ok(network !== undefined);
        tx.networks.update({ ...network, state: 'removing' });
      });
      await core.tidy(engine);
    },
  ],
  ['bringing all up', (engine) => core.systemUp(engine)],
] as readonly (readonly [string, (engine: core.Engine) => Promise<unknown>])[]) {
  test(`what running containers had in rules that were gone is made again by ${what}`, async () => {
    const process = newProcess(newWorld());
    const { engine, platform, warnings } = process;
    await core.createNetwork(engine, NET);
    await core.runContainer(engine, WEB, 'detached');
    await core.createContainer(engine, { ...WEB, name: 'other', networks: [{ network: 'net' }] });
    await core.createNetwork(engine, { name: 'loop', subnet: '10.2.0.0/24' });
    await core.createNetwork(engine, { name: 'unused', subnet: '10.4.0.0/24' });
    const more = { name: 'more', image: 'host', networks: [{ network: 'loop' }] };
    await core.runContainer(engine, more, 'detached');
    const both = [{ network: 'loop' }, { network: 'net' }];
    await core.runContainer(engine, { ...PUBLISHING, networks: both }, 'detached');
    await platform.tamper((state) => {
      state.firewall = '';
      for (const one of Object.values(state.interfaces))
        one.addresses = one.addresses.filter((address) => !address.startsWith('10.1.0.9/'));
    });
    await act(engine);
    assert.deepEqual(await core.checkSystem(engine), []);
    assert.deepEqual(warnings, []);
  });
}

async function specOf({ store }: core.Engine, name: string): Promise<SandboxSpec> {
  return store.read(({ containers, runs }) => {
    const container = containers.byName(name);
    const run = runs.byContainer(container?.id ?? '');
    assert.ok(container !== undefined && run !== undefined);
    return { container, run };
  });
}

test('an operation that fails after it has loaded rules that were gone attaches others again, too', async () => {
  const process = newProcess(newWorld());
  const { engine, platform } = process;
  await core.createNetwork(engine, NET);
  await core.runContainer(engine, WEB, 'detached');
  await core.createContainer(engine, { ...WEB, name: 'other', networks: [{ network: 'net' }] });
  await platform.tamper((state) => {
    state.firewall = '';
    for (const one of Object.values(state.interfaces))
      one.addresses = one.addresses.filter((address) => !address.startsWith('10.1.0.9/'));
  });
  platform.sandboxes.start = () => Promise.reject(new KleenetError('COMMAND_NOT_FOUND', 'no sh'));
  await assert.rejects(core.startContainer(engine, 'other', 'detached'), /no sh/);
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('rules that were never loaded, after a boot, attach nobody again', async () => {
  const process = newProcess(newWorld());
  const { engine, platform } = process;
  await core.createNetwork(engine, NET);
  await core.createContainer(engine, { ...WEB, restart: 'on-startup' });
  await forgetRules(process);
  const working = platform.networks.requireFamilies?.bind(platform.networks);
  let attached = 0;
  platform.networks.requireFamilies = async (network) => {
    attached += 1;
    await working?.(network);
  };
  await core.systemUp(engine);
  // Once for the network, once for its start, and once for the attachment.
  assert.equal(attached, 3);
});

test('rules that another klee is loading are not taken for rules that are gone', async () => {
  const process = newProcess(newWorld());
  const { engine, platform } = process;
  await core.createNetwork(engine, NET);
  await core.createContainer(engine, WEB);
  const lock = await engine.locks.acquire({
    key: 'firewall',
    mode: 'exclusive',
    purpose: 'another klee',
    patience: 0,
  });
  const { firewall } = await platform.inspect();
  await forgetRules(process);
  let loads = 0;
  const working = platform.firewall.apply.bind(platform.firewall);
  platform.firewall.apply = (rules, operation) => {
    loads += 1;
    return working(rules, operation);
  };
  const starting = core.startContainer(engine, 'web', 'detached');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await platform.tamper((state) => {
    state.firewall = firewall;
  });
  lock.release();
  await starting;
  assert.equal(loads, 0);
});

test('the firewall of another state directory refuses what needs rules, and stands in the way of no removal', async () => {
  const { engine, platform } = newProcess(newWorld());
  await core.createNetwork(engine, NET);
  await core.createNetwork(engine, { ...NET, name: 'second', subnet: '10.5.0.0/24' });
  const networks = [{ network: 'net' }, { network: 'second' }];
  for (const [index, name] of ['a', 'b', 'c'].entries())
    await core.runContainer(
      engine,
      { name, image: 'host', networks, publish: [`808${index}:80`] },
      'detached',
    );
  const foreign = new KleenetError('STATE_FOREIGN', 'the firewall belongs to another directory');
  platform.firewall.apply = () => Promise.reject(foreign);
  await assert.rejects(
    core.createNetwork(engine, { name: 'more', subnet: '10.6.0.0/24' }),
    /belongs to another/,
  );
  await core.disconnect(engine, { network: 'second', container: 'a' });
  await core.stopContainer(engine, 'b', 0);
  await assert.rejects(core.startContainer(engine, 'b', 'detached'), /belongs to another/);
  await core.removeContainer(engine, 'c', { force: true });
  await core.removeNetwork(engine, 'second');
  await core.removeContainer(engine, 'a', { force: true });
  await core.removeContainer(engine, 'b');
  await core.removeNetwork(engine, 'net');
  assert.deepEqual(await core.checkSystem(engine), []);
  assert.deepEqual(await core.listNetworks(engine), []);
});

test('rules that cannot be loaded again refuse a start and a connection', async () => {
  const process = newProcess(newWorld());
  const { engine, platform } = process;
  await core.createNetwork(engine, { ...NET, icc: false });
  await core.createNetwork(engine, { name: 'loop', subnet: '10.2.0.0/24' });
  await core.createContainer(engine, WEB);
  await core.runContainer(
    engine,
    { name: 'other', image: 'host', networks: [{ network: 'loop' }] },
    'detached',
  );
  const working = platform.firewall.apply.bind(platform.firewall);
  const failure = new KleenetError('PLATFORM_COMMAND_FAILED', 'nft does not load them');
  platform.firewall.apply = () => Promise.reject(failure);
  await forgetRules(process);
  await assert.rejects(core.startContainer(engine, 'web', 'detached'), failure);
  await assert.rejects(core.connect(engine, { network: 'net', container: 'other' }), failure);
  assert.equal((await core.inspectContainer(engine, 'web')).state, 'created');
  platform.firewall.apply = working;
  await core.startContainer(engine, 'web', 'detached');
});

test.run();
