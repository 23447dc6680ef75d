/** What a removal does on the host and records, step by step; and that each step is tried. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import {
  eraseContainer,
  eraseEndpoint,
  eraseImage,
  eraseNetwork,
  takeDown,
} from '../src/engine/lifecycle/removal.ts';
import { KleenetError } from '../src/errors.ts';
import type { Container, Endpoint, Network, Run } from '../src/model.ts';
import { newProcess, newWorld, runOnNetwork } from './support/engine.ts';
import { refused } from './support/refusals.ts';
import { tellingEngine } from './support/telling.ts';

/** What changes the host. */
const TOLD =
  /^(sandboxes\.(stop|destroy|removeStorage)|networks\.down|images\.remove|detach|firewall\.(apply|endFlows))$/;

interface Scene {
  readonly engine: Engine;
  /** It tells what it does on the host. */
  readonly later: Engine;
  readonly told: string[];
  /** The rules that it loads. */
  readonly rules: readonly string[];
  readonly network: Network;
  /** It runs on the network, and publishes a port. */
  readonly container: Container;
  readonly run: Run;
  readonly endpoint: Endpoint;
}

/** @param meet - called at each change of the host; what it throws happens there */
async function scene(meet: (call: string) => void = () => undefined): Promise<Scene> {
  const world = newWorld();
  const { engine } = newProcess(world);
  const { network, container } = await runOnNetwork(engine, { publish: ['8080:80'] });
  const { run, endpoint } = await engine.store.read((snapshot) => ({
    run: snapshot.runs.byContainer(container.id),
    endpoint: snapshot.endpoints.find(network.id, container.id),
  }));
  assert.ok(run !== undefined && endpoint !== undefined);
  const told: string[] = [];
  const rules: string[] = [];
  const later = tellingEngine(newProcess(world).engine, (call, given) => {
    if (call === 'firewall.apply') rules.push(String(given));
    if (!TOLD.test(call)) return;
    told.push(call);
    meet(call);
  });
  return { engine, later, told, rules, network, container, run, endpoint };
}

/** Everything that is recorded. */
function recorded({ engine }: Scene): Promise<Readonly<Record<string, unknown>>> {
  return engine.store.read(({ networks, containers, images, endpoints, claims, leases }) => ({
    networks: networks.list().map(({ name }) => name),
    containers: containers.list().map(({ name }) => name),
    images: images.list().map(({ name }) => name),
    endpoints: endpoints.list().map(({ state }) => state),
    leases: networks
      .list()
      .flatMap(({ id }) => leases.list({ networkId: id, family: 'ipv4' }))
      .map(({ address }) => address),
    claims: claims.list().map(({ owner, resource }) => `${owner.kind} ${resource.kind}`),
  }));
}

const FAILURE = new KleenetError('PLATFORM_COMMAND_FAILED', 'the host says no');

function failingAt(at: string): (call: string) => void {
  return (call) => {
    if (call === at) throw FAILURE;
  };
}

test('an endpoint is closed, detached and deleted with its lease', async () => {
  const found = await scene();
  const { later, container, run, endpoint } = found;
  await eraseEndpoint(later, container, run, endpoint);
  assert.deepEqual(found.told, ['firewall.apply', 'detach', 'firewall.endFlows']);
  const { endpoints, leases, claims } = await recorded(found);
  assert.deepEqual([endpoints, leases], [[], []]);
  assert.deepEqual(claims, ['network interface', 'container directory', 'container sandbox']);
});

test('an endpoint of a container that does not run is deleted, and the host is left alone', async () => {
  const found = await scene();
  await core.stopContainer(found.engine, 'a', 0);
  await eraseEndpoint(found.later, found.container, undefined, found.endpoint);
  assert.deepEqual(found.told, []);
  const { endpoints, leases } = await recorded(found);
  assert.deepEqual([endpoints, leases], [[], []]);
});

for (const state of ['connected', 'connecting', 'disconnecting'] as const) {
  test(`an endpoint that was ${state} is recorded as disconnecting until it is detached`, async () => {
    const found = await scene(failingAt('detach'));
    const { engine, later, container, run } = found;
    const endpoint: Endpoint = { ...found.endpoint, state };
    await engine.store.write((tx) => tx.endpoints.update(endpoint));
    await assert.rejects(
      eraseEndpoint(later, container, run, endpoint),
      (error) => error === FAILURE,
    );
    const left = await engine.store.read(({ endpoints }) => endpoints.get(endpoint.id));
    assert.deepEqual(left, { ...endpoint, state: 'disconnecting' });
    assert.deepEqual((await recorded(found))['leases'], ['10.1.0.2']);
  });
}

test('an endpoint whose ports cannot be closed is detached all the same, and stays', async () => {
  const found = await scene(failingAt('firewall.apply'));
  const { later, container, run, endpoint } = found;
  await refused(eraseEndpoint(later, container, run, endpoint), 'PLATFORM_COMMAND_FAILED');
  assert.deepEqual(found.told, ['firewall.apply', 'detach', 'firewall.endFlows']);
  assert.deepEqual((await recorded(found))['endpoints'], ['disconnecting']);
});

test('a container goes with its run, its files, its endpoints and its claims', async () => {
  const found = await scene();
  await eraseContainer(found.later, found.container);
  assert.deepEqual(found.told, [
    'firewall.apply',
    'detach',
    'firewall.endFlows',
    'sandboxes.destroy',
    'sandboxes.removeStorage',
  ]);
  assert.deepEqual(await recorded(found), {
    networks: ['net'],
    containers: [],
    images: [],
    endpoints: [],
    leases: [],
    claims: ['network interface'],
  });
});

test('of a container that is stopped the files go, and of one that never ran nothing is on the host', async () => {
  const found = await scene();
  const { engine, later, told } = found;
  await core.stopContainer(engine, 'a', 0);
  await eraseContainer(later, found.container);
  assert.deepEqual(told, ['sandboxes.removeStorage']);
  const unused = await core.createContainer(engine, {
    name: 'b',
    image: 'host',
    networks: [{ network: 'net' }],
  });
  told.length = 0;
  await eraseContainer(later, unused);
  assert.deepEqual(told, []);
  const { containers, claims } = await recorded(found);
  assert.deepEqual([containers, claims], [[], ['network interface']]);
});

test('a container whose files cannot be removed stays recorded', async () => {
  const found = await scene(failingAt('sandboxes.removeStorage'));
  await refused(eraseContainer(found.later, found.container), 'PLATFORM_COMMAND_FAILED');
  const { containers, claims, leases } = await recorded(found);
  assert.deepEqual([containers, leases], [['a'], ['10.1.0.2']]);
  assert.deepEqual(claims, ['network interface', 'container directory']);
});

test('why files of a container stay is told, also if its run cannot be recorded as over', async () => {
  let removing = false;
  const found = await scene((call) => {
    if (call === 'sandboxes.removeStorage') {
      removing = true;
      throw FAILURE;
    }
    if (removing) throw new KleenetError('PLATFORM_COMMAND_FAILED', 'still no');
  });
  const erasing = eraseContainer(found.later, found.container);
  await refused(erasing, 'PLATFORM_COMMAND_FAILED', /the host says no.*still no/s);
});

test('a network is taken down, its rules go, and its connections end, before it is forgotten', async () => {
  const found = await scene();
  const { engine, later, told, rules, network, container } = found;
  await eraseContainer(later, container);
  await core.createNetwork(engine, { name: 'other', subnet: '10.2.0.0/24' });
  told.length = 0;
  await eraseNetwork(later, network);
  assert.deepEqual(told, ['networks.down', 'firewall.apply', 'firewall.endFlows']);
  assert.match(rules.at(-1) ?? '', /10\.2\.0\.0/);
  assert.doesNotMatch(rules.at(-1) ?? '', /10\.1\.0\.0/);
  const { networks, claims } = await recorded(found);
  assert.deepEqual([networks, claims], [['other'], ['network interface']]);
});

test('endpoints that are left on a network go with it, and their leases', async () => {
  const found = await scene();
  await core.stopContainer(found.engine, 'a', 0);
  await eraseNetwork(found.later, found.network);
  const { networks, endpoints, leases, containers } = await recorded(found);
  assert.deepEqual([networks, endpoints, leases, containers], [[], [], [], ['a']]);
});

test('a network that was taken down keeps its records, and what is down is left alone', async () => {
  const found = await scene();
  const { engine, later, told, network } = found;
  const before = await recorded(found);
  await takeDown(later, network);
  assert.deepEqual(told, ['networks.down']);
  assert.deepEqual(await recorded(found), before);
  await engine.store.write((tx) => tx.claims.removeByOwner({ kind: 'network', id: network.id }));
  await takeDown(later, network);
  assert.deepEqual(told, ['networks.down']);
});

test('an image goes from the host, and then from the records', async () => {
  const found = await scene(failingAt('images.remove'));
  const { engine, later, told } = found;
  const image = await core.importImage(engine, { name: 'img', source: '/etc' });
  await refused(eraseImage(later, image), 'PLATFORM_COMMAND_FAILED');
  assert.deepEqual((await recorded(found))['images'], ['img']);
  await eraseImage(engine, image);
  assert.deepEqual(told, ['images.remove']);
  const { images, claims } = await recorded(found);
  assert.deepEqual(images, []);
  assert.deepEqual(
    (claims as readonly string[]).filter((one) => one.startsWith('image')),
    [],
  );
});

test.run();
