/** What the model says of who reaches whom. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { reaches } from '../src/model/reach.ts';
import type { Expectation } from '../src/model/reach.ts';
import {
  HOST,
  HOST_ADDRESS,
  LAN,
  LAN_ADDRESS,
  OUTSIDE,
  OUTSIDE_ADDRESS,
  TAKER,
  UPLINK,
} from '../src/world/places.ts';
import { connect, disconnect, emptyModel, refusalsOf } from '../src/model/state.ts';
import type { Container, Model, Network } from '../src/model/state.ts';

function network(model: Model, subnet: number, parts: Partial<Network> = {}): string {
  const name = `net${subnet}`;
  model.networks.set(name, {
    name,
    subnet,
    families: ['ipv4', 'ipv6'],
    type: 'bridge',
    nat: true,
    icc: true,
    internal: false,
    gateway: true,
    last: {},
    ...parts,
  });
  return name;
}

function container(
  model: Model,
  name: string,
  parts: Partial<Container>,
  ...on: string[]
): Container {
  const made: Container = {
    name,
    label: name,
    driver: 'ipnet',
    starts: 'when asked',
    ports: [],
    running: true,
    endpoints: [],
    ...parts,
  };
  for (const one of on) connect(model, made, { network: one });
  model.containers.set(name, made);
  return made;
}

function ask(model: Model, from: string, address: string, port = 5000): Expectation {
  return reaches(model, { from, address, port, protocol: 'tcp' });
}

test('members of a network reach each other, unless it has no icc; others do not', () => {
  const model = emptyModel();
  container(model, 'a', {}, network(model, 1));
  container(model, 'b', {}, 'net1');
  container(model, 'c', {}, network(model, 2, { icc: false }));
  container(model, 'd', {}, 'net2');
  assert.deepEqual(ask(model, 'a', '10.77.1.3'), { server: 'b', sender: '10.77.1.2' });
  assert.deepEqual(ask(model, 'b', 'fd77:1::2'), { server: 'a', sender: 'fd77:1::3' });
  assert.equal(ask(model, 'c', '10.77.2.3'), 'nothing');
  assert.equal(ask(model, 'a', '10.77.2.2'), 'nothing');
  assert.equal(ask(model, OUTSIDE, '10.77.1.2'), 'nothing');
  assert.deepEqual(ask(model, HOST, '10.77.1.2'), { server: 'a' });
});

test('a published port is open on the network of the default route, to all but internal networks', () => {
  const model = emptyModel();
  const ports = [{ host: 8001, container: 5000, protocol: 'tcp' as const }];
  container(model, 'a', { ports }, network(model, 1, { icc: false }), network(model, 2));
  container(model, 'b', {}, network(model, 3));
  container(model, 'c', {}, network(model, 4, { internal: true }));
  assert.deepEqual(ask(model, 'b', '10.77.1.2'), { server: 'a', sender: '10.77.3.2' });
  assert.equal(ask(model, 'b', '10.77.1.2', 5001), 'nothing');
  assert.equal(ask(model, 'b', '10.77.2.2'), 'nothing');
  assert.deepEqual(ask(model, OUTSIDE, HOST_ADDRESS.ipv4, 8001), {
    server: 'a',
    sender: OUTSIDE_ADDRESS.ipv4,
  });
  assert.equal(ask(model, 'c', HOST_ADDRESS.ipv4, 8001), 'nothing');
  assert.deepEqual(ask(model, HOST, '127.0.0.1', 8001), { server: 'a' });
});

test('what leaves has the address of the host, or its own without NAT', () => {
  const model = emptyModel();
  container(model, 'a', {}, network(model, 1));
  container(model, 'b', {}, network(model, 2, { nat: false }));
  container(model, 'c', {}, network(model, 3, { internal: true }));
  container(model, 'd', { driver: 'vnet' }, network(model, 4, { gateway: false }));
  const sender = (name: string): Expectation => ask(model, name, OUTSIDE_ADDRESS.ipv4, 7000);
  assert.deepEqual(sender('a'), { server: OUTSIDE, sender: HOST_ADDRESS.ipv4 });
  assert.deepEqual(sender('b'), { server: OUTSIDE, sender: '10.77.2.2' });
  assert.equal(sender('c'), 'nothing');
  assert.equal(sender('d'), 'nothing');
});

test('the gateway of another network is closed', () => {
  const model = emptyModel();
  container(model, 'a', {}, network(model, 1), network(model, 2, { internal: true }));
  network(model, 3);
  assert.deepEqual(ask(model, 'a', '10.77.2.1', 7000), { server: HOST, sender: '10.77.2.2' });
  assert.equal(ask(model, 'a', '10.77.3.1', 7000), 'nothing');
});

test('an address that was lost answers nobody until it is leased again', () => {
  const model = emptyModel();
  const a = container(model, 'a', {}, network(model, 1));
  disconnect(model, a, 'net1');
  assert.deepEqual(model.ghosts, ['fd77:1::2', '10.77.1.2']);
  assert.equal(ask(model, HOST, '10.77.1.2'), 'nothing');
  connect(model, a, { network: 'net1' });
  assert.deepEqual(ask(model, HOST, '10.77.1.3'), { server: 'a' });
});

test('on FreeBSD the host and those on its stack reach no vnet container by a published port', () => {
  const model = emptyModel('freebsd');
  const at = (host: number): Container['ports'] => [{ host, container: 5000, protocol: 'tcp' }];
  container(model, 'a', { driver: 'vnet', ports: at(8001) }, network(model, 1));
  container(model, 'b', { ports: at(8002) }, 'net1');
  container(model, 'c', {}, network(model, 2));
  const { ipv4: address } = HOST_ADDRESS;
  assert.equal(ask(model, HOST, address, 8001), 'nothing');
  assert.equal(ask(model, 'c', address, 8001), 'nothing');
  assert.deepEqual(ask(model, 'c', address, 8002), { server: 'b', sender: '10.77.2.2' });
  assert.deepEqual(ask(model, OUTSIDE, address, 8001), {
    server: 'a',
    sender: OUTSIDE_ADDRESS.ipv4,
  });
  assert.equal(ask(model, HOST, '127.0.0.1', 8002), 'open');
});

test('on FreeBSD members of a bridge without icc exchange nothing, and the host has its own routes', () => {
  const model = emptyModel('freebsd');
  const ports = [{ host: 8001, container: 5000, protocol: 'tcp' as const }];
  container(model, 'a', { driver: 'vnet', ports }, network(model, 1, { icc: false }));
  container(model, 'b', { driver: 'vnet' }, 'net1');
  assert.equal(ask(model, 'b', '10.77.1.2'), 'nothing');
  assert.deepEqual(ask(model, 'b', '10.77.1.1', 8001), { server: 'a' });
  container(model, 'c', { driver: 'vnet' }, network(model, 2, { gateway: false }));
  container(model, 'd', {}, 'net2');
  assert.equal(ask(model, 'd', '10.77.2.1'), 'open');
  assert.equal(ask(model, HOST, '10.77.2.1'), 'open');
  assert.deepEqual(ask(model, HOST, '10.77.2.2'), { server: 'd' });
});

test('reasons to refuse are all there', () => {
  const model = emptyModel();
  network(model, 1, { families: ['ipv4'] });
  network(model, 2, { type: 'loopback', gateway: false });
  const a = container(model, 'a', { driver: 'vnet' }, 'net1');
  assert.deepEqual(refusalsOf(model, a, { network: 'net2' }), ['NETWORK_TYPE_UNSUPPORTED']);
  assert.deepEqual(refusalsOf(model, a, { network: 'net1', ipv4: 2, ipv6: 2 }), [
    'CONTAINER_RUNNING',
    'ALREADY_CONNECTED',
    'ADDRESS_IN_USE',
    'ADDRESS_FAMILY_MISSING',
    'INVALID_ARGUMENT',
  ]);
  for (const name of ['b', 'c', 'd', 'e']) container(model, name, {}, 'net1');
  const last = container(model, 'f', {});
  assert.deepEqual(refusalsOf(model, last, { network: 'net1' }), ['POOL_EXHAUSTED']);
  assert.deepEqual(refusalsOf(model, last, { network: 'net1', ipv4: 1 }), ['ADDRESS_RESERVED']);
});

test('the machine in the network of the host is a member of a custom network, and outside for others', () => {
  const model = emptyModel();
  container(model, 'a', {}, network(model, 5, { type: 'custom', gateway: false }));
  container(model, 'b', {}, network(model, 1));
  assert.deepEqual(ask(model, LAN, '10.77.5.2'), { server: 'a', sender: LAN_ADDRESS.ipv4 });
  assert.equal(ask(model, LAN, '10.77.1.2'), 'nothing');
  assert.deepEqual(ask(model, 'a', LAN_ADDRESS.ipv4), { server: LAN, sender: '10.77.5.2' });
  assert.deepEqual(ask(model, 'b', LAN_ADDRESS.ipv6), { server: LAN, sender: 'fd77:5::1' });
  assert.equal(ask(model, 'b', '10.77.5.2'), 'nothing');
  assert.deepEqual(ask(model, HOST, '10.77.5.2'), { server: 'a' });
});

test('the first address of a custom network is the one of the host, and only a part is chosen automatically', () => {
  const model = emptyModel();
  const lan = network(model, 5, { type: 'custom', gateway: false });
  const one = container(model, 'a', {}, lan);
  container(model, 'b', {}, lan);
  const other = container(model, 'c', {});
  assert.deepEqual(one.endpoints[0]?.numbers, { ipv4: 2, ipv6: 2 });
  assert.ok(refusalsOf(model, other, { network: lan }).includes('POOL_EXHAUSTED'));
  assert.deepEqual(refusalsOf(model, other, { network: lan, ipv4: 4, ipv6: 4 }), []);
  assert.ok(
    refusalsOf(model, other, { network: lan, ipv4: 1, ipv6: 4 }).includes('ADDRESS_RESERVED'),
  );
});

test('a port on one interface is open to what arrives there, and at the address of the container', () => {
  const model = emptyModel();
  const ports = [{ on: UPLINK, host: 8001, container: 5000, protocol: 'tcp' }] as const;
  container(model, 'a', { ports }, network(model, 1));
  container(model, 'b', {}, network(model, 2));
  const { ipv4 } = HOST_ADDRESS;
  assert.deepEqual(ask(model, OUTSIDE, ipv4, 8001), {
    server: 'a',
    sender: OUTSIDE_ADDRESS.ipv4,
  });
  for (const from of [HOST, LAN, 'b']) assert.equal(ask(model, from, ipv4, 8001), 'nothing');
  assert.deepEqual(ask(model, 'b', '10.77.1.2'), { server: 'a', sender: '10.77.2.2' });
});

test('a program of the host answers on a port that no container has', () => {
  const model = emptyModel();
  model.taken = 8001;
  const { ipv4 } = HOST_ADDRESS;
  assert.deepEqual(ask(model, OUTSIDE, ipv4, 8001), {
    server: TAKER,
    sender: OUTSIDE_ADDRESS.ipv4,
  });
  const ports = [{ host: 8001, container: 5000, protocol: 'tcp' as const }];
  container(model, 'a', { ports }, network(model, 1));
  assert.equal((ask(model, OUTSIDE, ipv4, 8001) as { server: string }).server, 'a');
});

test.run();
