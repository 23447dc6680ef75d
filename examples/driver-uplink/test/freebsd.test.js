// On a model of a FreeBSD host with two uplinks, the second of them in FIB 1.
import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { freebsdTestHost } from '@kleenet/freebsd-model';
import { Delivery, OUTSIDE_PLACE } from '@kleenet/freebsd-model/packets';
import { OPERATION, World, messages } from './support/world.js';

const CARDS = [
  { name: 'ext0', ether: '02:00:5e:00:53:01', addresses: ['192.0.2.10/24'] },
  { name: 'ext1', ether: '02:00:5e:00:53:02', addresses: [] },
];
const OPTIONS = { options: { table: '1' }, subnet6: undefined };

/** Somewhere in the Internet. */
const FAR = '203.0.113.9';
const FIRST = { card: 'ext0', addresses: ['192.0.2.1', FAR] };
const SECOND = { card: 'ext1', addresses: ['198.51.100.1', FAR] };

const SETTINGS = [
  'sysctl net.fibs=2',
  'ifconfig ext1 fib 1',
  'ifconfig ext1 inet 198.51.100.10/24',
  'route -n add default 192.0.2.1',
  'route -n add default 198.51.100.1 -fib 1',
];

async function openWorld(parts = {}, options = {}) {
  const host = freebsdTestHost({ interfaces: CARDS, ...options });
  for (const line of SETTINGS) await host.process().commands.change(line.split(' '));
  return World.open(host, { ...OPTIONS, ...parts });
}

function ask({ host }, target, neighbour) {
  const question = { from: target.sandbox.name, address: FAR, port: 53, protocol: 'udp' };
  return new Delivery(host.host.state, neighbour).ask(question);
}

for (const release of ['13.2-RELEASE', '15.1-RELEASE'])
  test(`packets leave by the second uplink, and their answers come back by it (${release})`, async () => {
    const world = await openWorld({}, { release });
    const target = await world.add(0);
    const { place, sender } = ask(world, target, SECOND);
    deepEqual([place, sender], [OUTSIDE_PLACE, '10.36.0.10']);
    match(ask(world, target, FIRST).lost, /no host on ext1/);
  });

test('without a table they leave by the first', async () => {
  const world = await openWorld({ options: {} });
  const target = await world.add(0);
  equal(ask(world, target, FIRST).place, OUTSIDE_PLACE);
  match(ask(world, target, SECOND).lost, /no host on ext0/);
});

test('an uplink that is down does not turn into the other', async () => {
  const world = await openWorld();
  const target = await world.add(0);
  await world.run('route -n delete default -fib 1');
  for (const neighbour of [FIRST, SECOND])
    match(ask(world, target, neighbour).lost, /no route to 203\.0\.113\.9/);
  const issues = await world.plane.checkEndpoint(world.network, {}, OPERATION);
  deepEqual(messages(issues), [
    'driver-opt table: routing table 1 has no IPv4 default route on this host: add one to it',
  ]);
});

test('the FIB of a container is told when it is lost, and attach sets it again', async () => {
  const world = await openWorld();
  const target = await world.add(0);
  const [{ hostInterface }] = await world.plane.observe([target]);
  await world.run(`ifconfig ${hostInterface} fib 0`);
  const [{ problems }] = await world.plane.observe([target]);
  deepEqual(problems, [`${hostInterface} leads to FIB 0, not to 1`]);
  await world.plane.attach(target, OPERATION);
  deepEqual((await world.plane.observe([target]))[0].problems, []);
});

test('the route of a network is told when it is lost, made again, and removed with it', async () => {
  const world = await openWorld({ subnet6: 'fd00:36::/64' });
  const { network, plane } = world;
  const subnets = ['10.36.0.0/24', 'fd00:36::/64'];
  deepEqual(await plane.observeNetwork(network), []);
  await plane.networkDown(network, OPERATION);
  const lost = subnets.map((subnet) => `FIB 1 has no route to ${subnet}`);
  deepEqual(await plane.observeNetwork(network), lost);
  await plane.networkDown(network, OPERATION);
  await plane.networkUp(network, OPERATION);
  await plane.networkUp(network, OPERATION);
  deepEqual(await plane.observeNetwork(network), []);
});

const CHECKS = [
  { what: 'a FIB with a way out', said: [] },
  {
    what: 'a FIB that the host does not have',
    parts: { options: { table: '7' } },
    said: ['driver-opt table: this host has no FIB 7: set net.fibs=8 in /boot/loader.conf'],
  },
  {
    what: 'a family in which the FIB leads nowhere',
    parts: { subnet6: 'fd00:36::/64' },
    said: [
      'driver-opt table: routing table 1 has no IPv6 default route on this host: add one to it',
    ],
  },
  { what: 'an internal network', parts: { internal: true, subnet6: 'fd00:36::/64' }, said: [] },
  {
    what: 'an uplink for smaller packets',
    line: 'ifconfig ext1 mtu 1420',
    said: [
      'mtu: packets of 1500 bytes do not fit ext1, by which routing table 1 leaves: create the network with --mtu 1420',
    ],
  },
];

for (const { what, parts, line, said } of CHECKS)
  test(`check: ${what}`, async () => {
    const world = await openWorld({ ...parts, options: {} });
    if (line !== undefined) await world.run(line);
    const network = { ...world.network, options: parts?.options ?? OPTIONS.options };
    deepEqual(messages(await world.plane.checkNetwork(network, OPERATION)), said);
  });
