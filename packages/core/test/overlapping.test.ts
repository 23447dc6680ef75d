import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { IpAddress } from '../src/address/types.ts';
import { toNumber } from '../src/address/index.ts';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import { newProcess, newWorld } from './support/engine.ts';
import { refused } from './support/refusals.ts';

const test = suite('overlapping networks');

/** Two networks of one subnet: the first has a container `a` with the first address of each family. */
async function overlapping(engine: Engine): Promise<void> {
  const subnets = { subnet: '10.1.0.0/24', subnet6: 'fd00::/64' };
  await core.createNetwork(engine, { name: 'n1', ...subnets });
  await core.createNetwork(engine, { name: 'n2', ...subnets, allowOverlap: true });
  await core.createContainer(engine, { name: 'a', image: 'host', networks: [{ network: 'n1' }] });
}

test('what one network has leased, the other does not choose', async () => {
  const { engine } = newProcess(newWorld());
  await overlapping(engine);
  await core.createContainer(engine, { name: 'b', image: 'host', networks: [{ network: 'n2' }] });
  const own = await core.inspectContainer(engine, 'b');
  assert.deepEqual(own.endpoints[0]?.endpoint.addresses, { ipv4: '10.1.0.2', ipv6: 'fd00::2' });
  await core.createContainer(engine, { name: 'c', image: 'host', networks: [{ network: 'n1' }] });
  const third = await core.inspectContainer(engine, 'c');
  assert.deepEqual(third.endpoints[0]?.endpoint.addresses, { ipv4: '10.1.0.3', ipv6: 'fd00::3' });
});

test('asking for it is refused, by name, and by each driver', async () => {
  const { engine } = newProcess(newWorld());
  await overlapping(engine);
  const bridge = { type: 'bridge' as const, gateway: '10.1.0.9', allowOverlap: true };
  await core.createNetwork(engine, { name: 'n3', subnet: '10.1.0.0/25', ...bridge });
  const wanted = [
    { network: 'n2', ip: '10.1.0.1' },
    { network: 'n2', ip6: 'fd00::1' },
  ];
  for (const one of wanted)
    await refused(
      core.createContainer(engine, { name: 'b', image: 'host', networks: [one] }),
      'ADDRESS_IN_USE',
      /container 'a' has it in network 'n1'/,
    );
  await core.createContainer(engine, {
    name: 'v',
    image: 'host',
    driver: 'vnet',
    networks: [{ network: 'n3', ip: '10.1.0.7' }],
  });
  await core.runContainer(engine, { name: 'r', image: 'host', driver: 'ipnet' }, 'detached');
  await refused(
    core.connect(engine, { network: 'n2', container: 'r', ip: '10.1.0.7' }),
    'ADDRESS_IN_USE',
    /container 'v' has it in network 'n3'/,
  );
});

test('one container does not have one address in two networks', async () => {
  const { engine } = newProcess(newWorld());
  await overlapping(engine);
  const again = await core.connect(engine, { network: 'n2', container: 'a' });
  assert.deepEqual(again.addresses, { ipv4: '10.1.0.2', ipv6: 'fd00::2' });
});

test('a lease that has ended is free in both networks', async () => {
  const { engine } = newProcess(newWorld());
  await overlapping(engine);
  await core.removeContainer(engine, 'a', {});
  await core.createContainer(engine, {
    name: 'b',
    image: 'host',
    networks: [{ network: 'n2', ip: '10.1.0.1' }],
  });
});

test('a leased address is not the gateway of an overlapping network, nor its gateway leased', async () => {
  const { engine } = newProcess(newWorld());
  await overlapping(engine);
  const bridge = { type: 'bridge' as const, subnet: '10.1.0.0/25', allowOverlap: true };
  await refused(
    core.createNetwork(engine, { name: 'n3', ...bridge }),
    'ADDRESS_IN_USE',
    /gateway 10\.1\.0\.1 is in use: container 'a'/,
  );
  assert.equal((await core.listNetworks(engine)).length, 2);
  await core.createNetwork(engine, { name: 'n4', type: 'bridge', subnet: '10.9.0.0/24' });
  await core.createNetwork(engine, { name: 'n5', subnet: '10.9.0.0/24', allowOverlap: true });
  await refused(
    core.connect(engine, { network: 'n5', container: 'a', ip: '10.9.0.1' }),
    'ADDRESS_IN_USE',
    /gateway of network 'n4'/,
  );
});

test('the same holds for a gateway beyond the host', async () => {
  const { engine } = newProcess(newWorld());
  await overlapping(engine);
  const bridge = { type: 'bridge' as const, subnet: '10.1.0.0/25', allowOverlap: true };
  await refused(
    core.createNetwork(engine, { name: 'n3', ...bridge, gateway: '10.1.0.1' }),
    'ADDRESS_IN_USE',
    /gateway 10\.1\.0\.1 is in use: container 'a'/,
  );
  await core.createNetwork(engine, { name: 'n3', ...bridge, gateway: '10.1.0.9' });
  await refused(
    core.connect(engine, { network: 'n2', container: 'a', ip: '10.1.0.9' }),
    'ADDRESS_IN_USE',
    /gateway of network 'n3'/,
  );
});

test('two containers that have one address from an earlier version do not run together', async () => {
  const { engine } = newProcess(newWorld());
  await overlapping(engine);
  const b = await core.createContainer(engine, {
    name: 'b',
    image: 'host',
    networks: [{ network: 'n2' }],
  });
  await engine.store.write((tx) => {
    const [endpoint] = tx.endpoints.byContainer(b.id);
    assert.ok(endpoint !== undefined);
    const address = '10.1.0.1' as IpAddress;
    const key = { networkId: endpoint.networkId, family: 'ipv4' as const };
    tx.leases.insert(key, toNumber(address), {
      networkId: endpoint.networkId,
      address,
      owner: endpoint.id,
    });
    tx.endpoints.update({ ...endpoint, addresses: { ...endpoint.addresses, ipv4: address } });
  });
  await core.startContainer(engine, 'a', 'detached');
  await refused(
    core.startContainer(engine, 'b', 'detached'),
    'ADDRESS_IN_USE',
    /10\.1\.0\.1 in network 'n2' is that of container 'a' in network 'n1'/,
  );
  await core.stopContainer(engine, 'a', 0);
  await core.startContainer(engine, 'b', 'detached');
  await refused(core.startContainer(engine, 'a', 'detached'), 'ADDRESS_IN_USE', /container 'b'/);
});

test.run();
