import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import {
  byWayOut,
  defaultRoutes,
  gatewayAddresses,
  heldAddresses,
  inFamilyOrder,
  nextHops,
} from '../src/driver.ts';
import type { Connection } from '../src/driver.ts';
import { buildContainer, buildEndpoint, buildNetwork } from '../src/testing.ts';
import type { NetworkParts } from '../src/testing.ts';

const test = suite('kit of drivers');

const BOTH = { subnet: '10.1.0.0/24', subnet6: 'fd00:1::/64' };

function connection(parts: NetworkParts = {}, { index = 0, gatewayPriority = 0 } = {}): Connection {
  const network = buildNetwork({ name: `net${index}`, ...BOTH, ...parts });
  const container = buildContainer({ stack: 'own', driver: 'vnet' });
  return { network, endpoint: buildEndpoint({ network, container, index, gatewayPriority }) };
}

test('values of both families come with IPv4 first, and those that are missing are left out', () => {
  assert.deepEqual(inFamilyOrder({ ipv6: 6, ipv4: 4 }), [4, 6]);
  assert.deepEqual(inFamilyOrder({ ipv6: 6 }), [6]);
  assert.deepEqual(inFamilyOrder({}), []);
});

test('the addresses of an endpoint come with all that follows from its network', () => {
  assert.deepEqual(heldAddresses(connection()), [
    {
      family: 'ipv4',
      address: '10.1.0.10',
      subnet: '10.1.0.0/24',
      prefix: 24,
      single: '10.1.0.10/32',
      singlePrefix: 32,
      gateway: '10.1.0.1',
    },
    {
      family: 'ipv6',
      address: 'fd00:1::a',
      subnet: 'fd00:1::/64',
      prefix: 64,
      single: 'fd00:1::a/128',
      singlePrefix: 128,
      gateway: 'fd00:1::1',
    },
  ]);
});

test('a network without a gateway says none, and an endpoint of one family has one address', () => {
  const { network, endpoint } = connection({ gateway: '' });
  const [first] = heldAddresses({ network, endpoint });
  assert.ok(first !== undefined && !('gateway' in first));
  const { ipv6 } = endpoint.addresses;
  assert.ok(ipv6 !== undefined);
  const alone = { network, endpoint: { ...endpoint, addresses: { ipv6 } } };
  assert.deepEqual(
    heldAddresses(alone).map(({ address }) => address),
    [ipv6],
  );
  assert.deepEqual(
    nextHops(alone).map(({ family }) => family),
    ['ipv6'],
  );
});

test('only the gateways that klee puts on the host are addresses of the host', () => {
  assert.deepEqual(gatewayAddresses(buildNetwork(BOTH)), [
    { family: 'ipv4', address: '10.1.0.1', prefix: 24 },
    { family: 'ipv6', address: 'fd00:1::1', prefix: 64 },
  ]);
  const manual = buildNetwork({ ...BOTH, gateway: '10.1.0.9', gateway6: '' });
  const { pools } = manual;
  const elsewhere = { pools: { ...pools, ipv4: { ...pools.ipv4!, gatewayOnHost: false } } };
  assert.deepEqual(gatewayAddresses(elsewhere), []);
});

test('an internal network leads nowhere, and keeps its gateway', () => {
  const internal = connection({ internal: true });
  assert.deepEqual(nextHops(internal), []);
  assert.equal(heldAddresses(internal)[0]?.gateway, '10.1.0.1');
});

test('of several networks the preferred one leads out, for each family on its own', () => {
  const first = connection({}, { index: 0 });
  const only4 = { ...connection({}, { index: 1, gatewayPriority: 5 }) };
  const { ipv4 } = only4.endpoint.addresses;
  assert.ok(ipv4 !== undefined);
  const preferred = { ...only4, endpoint: { ...only4.endpoint, addresses: { ipv4 } } };
  const internal = connection({ internal: true }, { index: 2, gatewayPriority: 9 });
  const all = [internal, first, preferred];
  assert.deepEqual(
    all.toSorted(byWayOut).map(({ network }) => network.name),
    ['net1', 'net0', 'net2'],
  );
  const routes = defaultRoutes(all);
  assert.equal(routes.ipv4?.endpoint.id, preferred.endpoint.id);
  assert.equal(routes.ipv4?.gateway, '10.1.0.1');
  assert.equal(routes.ipv6?.endpoint.id, first.endpoint.id);
  assert.deepEqual(defaultRoutes([internal]), {});
});

test.run();
