import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import * as core from '../src/engine/index.ts';
import { hostsEntries } from '../src/engine/lifecycle/hosts-entries.ts';
import { ORDER_LIMIT, PRIORITY_LIMIT, byPreference, rankOf } from '../src/kit/preference.ts';
import { intentsOf, newProcess, newWorld } from './support/engine.ts';
import type { Process } from './support/engine.ts';

const test = suite('preference');

test('a rank fits the metric of a route, and no two endpoints of a container share one', () => {
  const priorities = [-PRIORITY_LIMIT, -1, 0, 1, PRIORITY_LIMIT];
  const orders = [0, 1, 1022, ORDER_LIMIT - 1];
  const ranked = priorities
    .flatMap((gatewayPriority) => orders.map((order) => ({ gatewayPriority, order })))
    .toSorted(byPreference);
  const ranks = ranked.map(rankOf);
  assert.equal(new Set(ranks).size, ranks.length);
  assert.ok(ranks.every((rank) => rank >= 1 && rank < 2 ** 31));
  assert.deepEqual(ranked[0], { gatewayPriority: PRIORITY_LIMIT, order: 0 });
  assert.deepEqual(ranked.at(-1), { gatewayPriority: -PRIORITY_LIMIT, order: ORDER_LIMIT - 1 });
  assert.equal(rankOf({ gatewayPriority: 2 ** 40, order: 5 }), 6);
});

async function networks({ engine }: Process): Promise<void> {
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    const subnet = `10.${index + 1}.0.0/24`;
    await core.createNetwork(engine, { name, type: 'bridge', subnet });
  }
}

test('numbers of the order never run out, and keep the order', async () => {
  const process = newProcess(newWorld());
  const { engine } = process;
  await networks(process);
  await core.runContainer(engine, { name: 'x', image: 'host', driver: 'ipnet' }, 'detached');
  await core.connect(engine, { network: 'a', container: 'x' });
  await core.connect(engine, { network: 'b', container: 'x' });
  const [first] = await engine.store.read((snapshot) => snapshot.endpoints.list());
  assert.ok(first);
  await engine.store.write((tx) => {
    for (const endpoint of tx.endpoints.byContainer(first.containerId).toReversed())
      tx.endpoints.update({ ...endpoint, order: endpoint.order + ORDER_LIMIT - 2 });
  });
  await core.connect(engine, { network: 'c', container: 'x' });
  const orders = await engine.store.read((snapshot) =>
    snapshot.endpoints
      .byContainer(first.containerId)
      .map(({ networkId, order }) => `${snapshot.networks.get(networkId)?.name} ${order}`),
  );
  assert.deepEqual(orders, ['a 0', 'b 1', 'c 2']);
  for (const network of ['b', 'a', 'c', 'b', 'a', 'c']) {
    await core.disconnect(engine, { network, container: 'x' });
    await core.connect(engine, { network, container: 'x' });
  }
  const names = await engine.store.read((snapshot) =>
    snapshot.endpoints
      .byContainer(first.containerId)
      .map(({ networkId }) => snapshot.networks.get(networkId)?.name),
  );
  assert.deepEqual(names, ['b', 'a', 'c']);
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('endpoints that one command made come in the order of the command', async () => {
  for (let round = 0; round < 5; round++) {
    const process = newProcess(newWorld());
    const { engine } = process;
    await networks(process);
    const container = await core.createContainer(engine, {
      name: 'x',
      image: 'host',
      driver: 'vnet',
      networks: [{ network: 'c' }, { network: 'a' }, { network: 'b' }],
    });
    const names = await engine.store.read((snapshot) =>
      snapshot.endpoints
        .byContainer(container.id)
        .map(
          ({ networkId, interface: name }) => `${snapshot.networks.get(networkId)?.name} ${name}`,
        ),
    );
    assert.deepEqual(names, ['c eth0', 'a eth1', 'b eth2']);
  }
});

for (const driver of ['ipnet', 'vnet']) {
  test(`ports and names of ${driver} containers go by priority, then order; internal networks have no ports`, async () => {
    const process = newProcess(newWorld());
    const { engine } = process;
    await networks(process);
    const inner = { name: 'inner', type: 'bridge', subnet: '10.9.0.0/24', internal: true } as const;
    await core.createNetwork(engine, inner);
    await core.runContainer(
      engine,
      {
        name: 'x',
        image: 'host',
        driver,
        networks: [
          { network: 'a' },
          { network: 'b', gatewayPriority: 5 },
          { network: 'c', gatewayPriority: 5 },
          { network: 'inner', gatewayPriority: 9 },
        ],
        publish: ['8080:80'],
      },
      'detached',
    );
    const { published } = await intentsOf(engine);
    assert.deepEqual(
      published.map(({ addresses, sources, beside }) => [addresses, sources.length, beside.length]),
      [[{ ipv4: '10.2.0.2' }, 4, 3]],
    );
    const names = await engine.store.read((snapshot) => {
      const [container] = snapshot.containers.list();
      return container === undefined ? [] : hostsEntries(snapshot, container);
    });
    assert.deepEqual(
      names.map(({ address }) => address),
      ['10.9.0.2', '10.2.0.2', '10.3.0.2', '10.1.0.2'],
    );
  });
}

test('a port is where a stack of its own has its default route, which takes a gateway', async () => {
  const process = newProcess(newWorld());
  const { engine } = process;
  await core.createNetwork(engine, {
    name: 'no',
    type: 'bridge',
    subnet: '10.1.0.0/24',
    gateway: '',
  });
  await core.createNetwork(engine, { name: 'yes', type: 'bridge', subnet: '10.2.0.0/24' });
  const run = {
    image: 'host',
    networks: [{ network: 'no', gatewayPriority: 3 }, { network: 'yes' }],
  };
  await core.runContainer(
    engine,
    { ...run, name: 'own', driver: 'vnet', publish: ['8080:80'] },
    'detached',
  );
  await core.runContainer(
    engine,
    { ...run, name: 'shared', driver: 'ipnet', publish: ['8081:80'] },
    'detached',
  );
  const { published } = await intentsOf(engine);
  const where = published.map(({ stack, addresses }) => `${stack} ${addresses.ipv4}`);
  assert.deepEqual(where.toSorted(), ['own 10.2.0.2', 'restricted 10.1.0.2']);
});

test.run();
