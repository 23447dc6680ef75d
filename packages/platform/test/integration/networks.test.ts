import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import type { Cidr } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { createWorld, network } from './host.ts';
import type { World } from './host.ts';

const ipv4Only = {
  pools: { ipv4: { subnet: '10.89.0.0/24' as Cidr, gatewayOnHost: false, exclude: [] } },
};

async function ip(world: World, ...words: string[]): Promise<string> {
  return (await world.commands.read(['ip', ...words], { accept: 'any' })).stdout.trim();
}

test('a loopback network comes up twice and goes twice', async () => {
  const world = createWorld();
  const { networks } = world.platform;
  const loopback = network(world.platform);
  await networks.up(loopback, world.operation);
  await networks.up(loopback, world.operation);
  assert.deepEqual(await networks.observe(loopback), []);
  assert.match(await ip(world, 'route', 'show', 'type', 'unreachable'), /10\.88\.0\.0\/24/);
  assert.match(await ip(world, '-6', 'route', 'show', 'type', 'unreachable'), /fd88::\/64/);
  assert.equal(await ip(world, '-o', 'address', 'show', 'dev', loopback.interface), '');
  assert.equal(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'), '1\n');
  assert.equal(readFileSync('/proc/sys/net/ipv6/conf/all/forwarding', 'utf8'), '1\n');
  assert.deepEqual(
    world.claims.map(({ kind, name, old }) => [kind, name, old]),
    [
      ['sysctl', 'net/ipv4/ip_forward', '0'],
      ['sysctl', 'net/ipv6/conf/all/forwarding', '0'],
    ],
  );
  await networks.down(loopback, networks.plan(loopback), world.operation);
  await networks.down(loopback, networks.plan(loopback), world.operation);
  assert.match((await networks.observe(loopback)).join(), /missing/);
  assert.equal(await ip(world, 'route', 'show', 'type', 'unreachable'), '');
  assert.equal(await ip(world, '-6', 'route', 'show', 'type', 'unreachable'), '');
});

test('a bridge has a fixed MAC address and the gateways', async () => {
  const world = createWorld();
  const { networks } = world.platform;
  const bridge = network(world.platform, { type: 'bridge', mtu: 1400 });
  await networks.up(bridge, world.operation);
  await networks.up(bridge, world.operation);
  const shown = await ip(world, 'address', 'show', 'dev', bridge.interface);
  assert.match(shown, /mtu 1400/);
  assert.match(shown, /link\/ether 0a:/);
  assert.match(shown, /inet 10\.88\.0\.1\/24/);
  assert.match(shown, /inet6 fd88::1\/64/);
  assert.doesNotMatch(shown, /tentative/);
  assert.equal(
    readFileSync(`/proc/sys/net/ipv6/conf/${bridge.interface}/accept_ra`, 'utf8'),
    '0\n',
  );
  await ip(world, 'address', 'delete', '10.88.0.1/24', 'dev', bridge.interface);
  assert.match((await networks.observe(bridge)).join(), /gateway address 10\.88\.0\.1/);
  await networks.up(bridge, world.operation);
  assert.deepEqual(await networks.observe(bridge), []);
  await networks.down(bridge, networks.plan(bridge), world.operation);
  assert.equal(await ip(world, '-o', 'link', 'show', 'dev', bridge.interface), '');
});

test('a bridge gets back its addresses and the routes that came with them, and nothing else', async () => {
  const world = createWorld();
  const { networks } = world.platform;
  const bridge = network(world.platform, { type: 'bridge' });
  const dev = ['dev', bridge.interface];
  await networks.up(bridge, world.operation);
  const look = async (): Promise<readonly string[]> => [
    await ip(world, '-br', 'address', 'show', ...dev),
    await ip(world, '-4', 'route', 'show', ...dev),
    await ip(world, '-6', 'route', 'show', ...dev),
  ];
  const whole = await look();
  for (const [change, told] of [
    [['route', 'delete', '10.88.0.0/24', ...dev], /no route to 10\.88/],
    [['route', 'delete', 'fd88::/64', ...dev], /no route to fd88/],
    [
      [
        'route',
        'replace',
        '10.88.0.0/24',
        ...dev,
        'proto',
        'kernel',
        'src',
        '10.88.0.1',
        'mtu',
        '1300',
      ],
      /no route to 10\.88/,
    ],
    [['address', 'add', '10.88.0.1/25', ...dev], /10\.88\.0\.1 with the prefix length 25/],
  ] as const) {
    await ip(world, ...change);
    assert.match((await networks.observe(bridge)).join(), told);
    await networks.up(bridge, world.operation);
    assert.deepEqual(await look(), whole, change.join(' '));
  }
  for (const words of ['delete fd88::1/64', 'add fd88::1/65 nodad'])
    await ip(world, 'address', ...words.split(' '), ...dev);
  assert.match((await networks.observe(bridge)).join(), /fd88::1 with the prefix length 65/);
  await networks.up(bridge, world.operation);
  assert.deepEqual(await look(), whole);
  await networks.down(bridge, networks.plan(bridge), world.operation);
});

test('a bridge forwards, whatever new interfaces of the host get by default, and says when it does not', async () => {
  const world = createWorld();
  const { networks } = world.platform;
  const settings = ['ipv4', 'ipv6'].map((family) => `/proc/sys/net/${family}/conf`);
  const bridge = network(world.platform, { type: 'bridge' });
  await networks.up(bridge, world.operation);
  await networks.down(bridge, networks.plan(bridge), world.operation);
  for (const path of settings) writeFileSync(`${path}/default/forwarding`, '0');
  await networks.up(bridge, world.operation);
  assert.deepEqual(await networks.observe(bridge), []);
  for (const path of settings) {
    const own = `${path}/${bridge.interface}/forwarding`;
    assert.equal(readFileSync(own, 'utf8'), '1\n');
    writeFileSync(own, '0');
  }
  assert.deepEqual(
    await networks.observe(bridge),
    ['ipv4', 'ipv6'].map(
      (family) =>
        `the kernel setting net/${family}/conf/${bridge.interface}/forwarding is 0, not 1`,
    ),
  );
  await networks.up(bridge, world.operation);
  assert.deepEqual(await networks.observe(bridge), []);
  await networks.down(bridge, networks.plan(bridge), world.operation);
});

test("an interface that is not klee's is neither taken nor destroyed", async () => {
  const world = createWorld();
  const { networks } = world.platform;
  await ip(world, 'link', 'add', 'name', 'users0', 'type', 'bridge');
  const before = await ip(world, 'address', 'show', 'dev', 'users0');
  // One that is being created is made without a look before.
  for (const state of ['creating', 'ready'] as const) {
    const wanted = network(world.platform, { interface: 'users0', type: 'bridge', state });
    await assert.rejects(networks.up(wanted, world.operation), (error: unknown) =>
      hasCode(error, 'INTERFACE_IN_USE'),
    );
    await networks.down(wanted, networks.plan(wanted), world.operation);
    assert.equal(await ip(world, 'address', 'show', 'dev', 'users0'), before);
  }
  await ip(world, 'link', 'delete', 'dev', 'users0');
});

test("a custom network leaves the user's interface as it was", async () => {
  const world = createWorld();
  const { networks } = world.platform;
  const custom = network(world.platform, { type: 'custom', interface: 'users1', ...ipv4Only });
  await assert.rejects(networks.up(custom, world.operation), (error: unknown) =>
    hasCode(error, 'INTERFACE_NOT_FOUND'),
  );
  await ip(world, 'link', 'add', 'name', 'users1', 'up', 'type', 'bridge');
  const delay = '/proc/sys/net/ipv4/neigh/users1/proxy_delay';
  const before = readFileSync(delay, 'utf8');
  await networks.up(custom, world.operation);
  await networks.up(custom, world.operation);
  assert.equal(readFileSync(delay, 'utf8'), '0\n');
  assert.match(await ip(world, 'route', 'show', '10.89.0.0/24'), /dev users1/);
  await networks.down(custom, world.claims, world.operation);
  assert.equal(readFileSync(delay, 'utf8'), before);
  assert.equal(await ip(world, 'route', 'show', '10.89.0.0/24'), '');
  assert.match(await ip(world, '-o', 'link', 'show', 'dev', 'users1'), /users1/);
  await ip(world, 'link', 'delete', 'dev', 'users1');
});

test('network() tells interfaces, addresses and routes of both families', async () => {
  const world = createWorld();
  await ip(world, 'link', 'add', 'name', 'users2', 'up', 'type', 'bridge');
  await ip(world, 'address', 'add', '10.1.2.3/24', 'dev', 'users2');
  await ip(world, 'address', 'add', 'fd01::3/64', 'dev', 'users2', 'nodad');
  await ip(world, 'route', 'add', '10.7.7.7', 'dev', 'users2');
  await ip(world, 'route', 'add', 'default', 'via', '10.1.2.1');
  const known = await world.platform.network();
  assert.ok(known.interfaces.includes('users2'));
  const own = known.addresses
    .filter((entry) => entry.interface === 'users2')
    .map(({ address, prefix }) => `${address}/${prefix}`);
  assert.deepEqual(
    own.filter((text) => !text.startsWith('fe80')),
    ['10.1.2.3/24', 'fd01::3/64'],
  );
  const routes = (await known.routes()).map(({ destination }) => destination);
  assert.ok(routes.includes('10.1.2.0/24' as Cidr));
  assert.ok(routes.includes('10.7.7.7/32' as Cidr));
  assert.ok(routes.includes('fd01::/64' as Cidr));
  assert.ok(!routes.includes('default' as Cidr));
  await ip(world, 'link', 'delete', 'dev', 'users2');
});

test('forwarding keeps the default route that a router advertised', async () => {
  const world = createWorld();
  writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '0');
  await ip(world, 'link', 'add', 'name', 'uplink0', 'up', 'type', 'bridge');
  await ip(
    world,
    '-6',
    'route',
    'add',
    'default',
    'via',
    'fe80::99',
    'dev',
    'uplink0',
    'proto',
    'ra',
  );
  const loopback = network(world.platform);
  await world.platform.networks.up(loopback, world.operation);
  assert.equal(readFileSync('/proc/sys/net/ipv6/conf/uplink0/accept_ra', 'utf8'), '2\n');
  assert.ok(
    world.claims.some(({ name, old }) => name === 'net/ipv6/conf/uplink0/accept_ra' && old === '1'),
  );
  await world.platform.networks.down(loopback, [], world.operation);
  await ip(world, 'link', 'delete', 'dev', 'uplink0');
});

test.run();
