/** When a network is brought up again, and which networks count as in use. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import { attachedAddresses, bringUp, isInUse } from '../src/engine/lifecycle/network-up.ts';
import { KleenetError } from '../src/errors.ts';
import type { SimulatedPlatform, SimulatedState } from '../src/memory/index.ts';
import type { Endpoint, HostIdentity, Network, Run } from '../src/model.ts';
import type { Snapshot, Transaction } from '../src/store.ts';
import { newProcess, newWorld } from './support/engine.ts';
import { refused } from './support/refusals.ts';
import {
  addresses,
  sampleClaim,
  sampleContainer,
  sampleEndpoint,
  sampleNetwork,
  sampleRun,
} from './support/samples.ts';
import { tellingEngine } from './support/telling.ts';

interface Scene {
  readonly engine: Engine;
  readonly platform: SimulatedPlatform;
  /** It tells its locks, and what it asks and changes of the host. */
  readonly later: Engine;
  readonly told: string[];
  readonly network: Network;
}

const DUAL = { type: 'bridge', subnet: '10.1.0.0/24', subnet6: 'fd01::/64' } as const;

/** @param meet - called at each call; what it throws happens there, and a lock waits for what it promises */
async function scene(
  request: Omit<core.CreateNetworkRequest, 'name'> = DUAL,
  meet: (call: string) => unknown = () => undefined,
): Promise<Scene> {
  const world = newWorld();
  const { engine, platform } = newProcess(world);
  const network = await core.createNetwork(engine, { ...request, name: 'net' });
  const told: string[] = [];
  const later = tellingEngine(newProcess(world).engine, (call, given) => {
    const [what = ''] = call.split(' ');
    if (what === 'lock') told.push(`${call} ${String(given)}`);
    else if (/^(unlock|networks\.up|firewall\.apply|network|identity)$/.test(what)) told.push(call);
    return meet(call);
  });
  return { engine, platform, later, told, network };
}

/** What it changes, and with which locks. */
function changes({ told }: Scene): readonly string[] {
  return told.filter((one) => !/^(network|identity)$/.test(one));
}

/** The interface of the network is made again. */
function made({ id }: Network): readonly string[] {
  return [`lock up-${id} exclusive 2000`, 'networks.up', `unlock up-${id}`];
}

const RULES = ['lock firewall exclusive 20000', 'unlock firewall'];

async function tampered(found: Scene, change: (state: SimulatedState) => void): Promise<void> {
  await found.platform.tamper(change);
}

test('a network that is up is left alone', async () => {
  const found = await scene();
  await bringUp(found.later, [found.network]);
  assert.deepEqual(changes(found), []);
});

test('where there are no networks, the host is not even asked', async () => {
  const found = await scene();
  await bringUp(found.later, []);
  assert.deepEqual(found.told, []);
});

test('a network without a gateway on the host is up with its interface alone', async () => {
  const found = await scene({ subnet: '10.1.0.0/24' });
  await bringUp(found.later, [found.network]);
  assert.deepEqual(changes(found), []);
  await tampered(found, ({ interfaces }) => delete interfaces[`/${found.network.interface}`]);
  await bringUp(found.later, [found.network]);
  assert.deepEqual(changes(found).slice(0, 3), made(found.network));
  assert.deepEqual(await core.checkSystem(found.engine), []);
});

for (const lost of ['10.1.0.1/24', 'fd01::1/64']) {
  test(`a network whose gateway ${lost} is gone is brought up again, and its rules are loaded`, async () => {
    const found = await scene();
    await tampered(found, ({ interfaces }) => {
      for (const one of Object.values(interfaces))
        one.addresses = one.addresses.filter((address) => address !== lost);
    });
    await bringUp(found.later, [found.network]);
    assert.deepEqual(changes(found).slice(0, 3), made(found.network));
    assert.equal(changes(found)[3], RULES[0]);
    assert.deepEqual(await core.checkSystem(found.engine), []);
  });
}

test('a gateway on another interface is not that of the network', async () => {
  const found = await scene({ type: 'bridge', subnet: '10.1.0.0/24' });
  await tampered(found, ({ interfaces }) => {
    const own = interfaces[`/${found.network.interface}`];
    const other = interfaces['/ext0'];
    assert.ok(own !== undefined && other !== undefined);
    [own.addresses, other.addresses] = [[], own.addresses];
  });
  // The simulated host refuses the address a second time: it was asked for it.
  await refused(bringUp(found.later, [found.network]), 'ADDRESS_IN_USE');
});

test('a family that the host has switched off is told before anything is brought up', async () => {
  const found = await scene();
  await found.platform.reboot();
  const off = new KleenetError('FAMILY_UNSUPPORTED', 'no IPv6 here');
  const asked: string[] = [];
  const { platform } = found.later;
  const networks = {
    ...platform.networks,
    requireFamilies: async ({ name }: Network) => {
      asked.push(name);
      throw off;
    },
  };
  const engine = { ...found.later, platform: { ...platform, networks } };
  await refused(bringUp(engine, [found.network]), 'FAMILY_UNSUPPORTED');
  assert.deepEqual([asked, found.told], [['net'], []]);
});

test('after a boot a network is brought up, and only the claims of this boot are left', async () => {
  const found = await scene();
  const { engine, platform, later, network } = found;
  await platform.reboot();
  await bringUp(later, [network]);
  assert.deepEqual(changes(found).slice(0, 3), made(network));
  const { bootId } = await platform.identity();
  const claims = await engine.store.read((snapshot) =>
    snapshot.claims.byOwner({ kind: 'network', id: network.id }),
  );
  assert.deepEqual(
    claims.map(({ resource, host }) => [resource.name, host.bootId]),
    [[network.interface, bootId]],
  );
});

test('claims of this boot are kept when a network is brought up again', async () => {
  const found = await scene();
  const { engine, later, network } = found;
  const owner = { kind: 'network', id: network.id } as const;
  const before = await engine.store.read(({ claims }) => claims.byOwner(owner));
  await tampered(found, ({ interfaces }) => delete interfaces[`/${network.interface}`]);
  await bringUp(later, [network]);
  assert.deepEqual(await engine.store.read(({ claims }) => claims.byOwner(owner)), before);
});

test('the resources of a network are claimed before they are made', async () => {
  let atUp: Promise<number> | undefined;
  const found: Scene = await scene(DUAL, (call) => {
    if (call === 'networks.up')
      atUp = found.engine.store.read(
        ({ claims }) => claims.byOwner({ kind: 'network', id: found.network.id }).length,
      );
  });
  const { engine, later, network } = found;
  await engine.store.write((tx) => tx.claims.removeByOwner({ kind: 'network', id: network.id }));
  await bringUp(later, [network]);
  assert.equal(await atUp, 1);
});

for (const [what, change] of [
  ['removed', (tx: Transaction, { id }: Network) => tx.networks.remove(id)],
  [
    'being removed',
    (tx: Transaction, network: Network) => tx.networks.update({ ...network, state: 'removing' }),
  ],
] as const) {
  test(`a network that is ${what} while its turn is waited for is not brought up`, async () => {
    const found: Scene = await scene(DUAL, (call) =>
      call.startsWith('lock up-')
        ? found.engine.store.write((tx) => change(tx, found.network))
        : undefined,
    );
    await found.platform.reboot();
    const { later, network } = found;
    const { details } = await refused(bringUp(later, [network]), 'NETWORK_NOT_FOUND', /removed/);
    assert.deepEqual(details, { network: 'net' });
    const [lock, , unlock] = made(network);
    assert.deepEqual(changes(found), [lock, unlock]);
  });
}

test('a network that cannot be brought up leaves nothing locked', async () => {
  const found = await scene(DUAL, (call) => {
    if (call === 'networks.up') throw new KleenetError('PLATFORM_COMMAND_FAILED', 'no');
  });
  await found.platform.reboot();
  await refused(bringUp(found.later, [found.network]), 'PLATFORM_COMMAND_FAILED');
  assert.deepEqual(changes(found), made(found.network));
});

test("another klee that waits reads this one's purpose", async () => {
  const found = await scene();
  await found.platform.reboot();
  const purposes = new Set<string>();
  const { locks } = found.later;
  const acquire: Engine['locks']['acquire'] = (request, signal) => {
    purposes.add(`${request.key.replace(/-.*/, '')}: ${request.purpose}`);
    return locks.acquire(request, signal);
  };
  const engine: Engine = { ...found.later, purpose: 'klee start a', locks: { ...locks, acquire } };
  await bringUp(engine, [found.network]);
  assert.ok(purposes.has('up: klee start a'), [...purposes].join());
});

test('an interrupt stops a network on its way up', async () => {
  const found = await scene();
  await found.platform.reboot();
  const interrupt = new AbortController();
  const { locks } = found.later;
  const acquire: Engine['locks']['acquire'] = async (request, signal) => {
    const lock = await locks.acquire(request, signal);
    interrupt.abort(new KleenetError('INTERRUPTED', 'interrupted'));
    return lock;
  };
  const engine = { ...found.later, signal: interrupt.signal, locks: { ...locks, acquire } };
  await refused(bringUp(engine, [found.network]), 'INTERRUPTED');
});

const HERE: HostIdentity = {
  platform: 'memory',
  hostId: 'host',
  bootId: 'boot',
  commandPrefix: [],
};

/** The answer to a question about these records. */
async function answer<T>(
  record: (tx: Transaction) => void,
  ask: (snapshot: Snapshot) => T,
): Promise<T> {
  const { store } = newWorld();
  await store.write(record);
  return store.read(ask);
}

/** A network with one container of this run. */
function attached(
  network: Network,
  run: Partial<Run> | undefined,
  state: Endpoint['state'] = 'connected',
): (tx: Transaction) => void {
  return (tx) => {
    tx.networks.insert(network);
    const container = sampleContainer();
    tx.containers.insert(container);
    const parts = { state, addresses: addresses('10.1.0.2', 'fd01::2') };
    tx.endpoints.insert(sampleEndpoint(network, container, parts));
    if (run !== undefined) tx.runs.put(sampleRun(container, { bootId: HERE.bootId, ...run }));
  };
}

const ATTACHED: readonly (readonly [
  string,
  Partial<Run> | undefined,
  Endpoint['state'],
  boolean,
])[] = [
  ['runs', {}, 'connected', true],
  ['never ran', undefined, 'connected', false],
  ['starts', { state: 'starting' }, 'connected', false],
  ['has ended', { state: 'ended' }, 'connected', false],
  ['ran in an earlier boot', { bootId: 'earlier' }, 'connected', false],
  ['is being connected', {}, 'connecting', false],
  ['is being disconnected', {}, 'disconnecting', false],
];

for (const [what, run, state, isAttached] of ATTACHED) {
  test(`the addresses of a container that ${what} ${isAttached ? 'are' : 'are not'} attached`, async () => {
    const network = sampleNetwork({ type: 'custom' });
    const record = attached(network, run, state);
    assert.deepEqual(
      await answer(record, (snapshot) => attachedAddresses(snapshot, network, HERE)),
      isAttached ? ['10.1.0.2', 'fd01::2'] : [],
    );
    // Nothing else says that a custom network is in use.
    assert.equal(await answer(record, (snapshot) => isInUse(snapshot, network, HERE)), isAttached);
  });
}

test('a custom network is in use with one address', async () => {
  const network = sampleNetwork({ type: 'custom' });
  const record = (tx: Transaction): void => {
    attached(network, {})(tx);
    const [endpoint] = tx.endpoints.list();
    assert.ok(endpoint !== undefined);
    tx.endpoints.update({ ...endpoint, addresses: addresses('10.1.0.2') });
  };
  assert.equal(await answer(record, (snapshot) => isInUse(snapshot, network, HERE)), true);
});

for (const [what, resources, isUp] of [
  ['nothing', [], false],
  ['its interface', ['interface'], true],
  ['a setting of the kernel', ['sysctl'], false],
  ['its interface and a setting', ['interface', 'sysctl'], true],
] as const) {
  test(`a network of which ${what} is recorded ${isUp ? 'is' : 'is not'} in use`, async () => {
    const network = sampleNetwork({ type: 'bridge' });
    const record = (tx: Transaction): void => {
      attached(network, {})(tx);
      for (const kind of resources)
        tx.claims.insert({
          ...sampleClaim({ kind: 'network', id: network.id }),
          resource: { kind, name: kind },
          host: HERE,
        });
    };
    assert.equal(await answer(record, (snapshot) => isInUse(snapshot, network, HERE)), isUp);
  });
}

test.run();
