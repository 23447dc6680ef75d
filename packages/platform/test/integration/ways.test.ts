/** What a real kernel says about routes that hide containers, and about IPv6 that is switched off. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'uvu';
import type { Cidr, IpAddress } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { createWorld, network } from './host.ts';
import type { World } from './host.ts';

async function ip(world: World, line: string): Promise<void> {
  await world.commands.change(['ip', ...line.split(' ')]);
}

async function policyRoute(world: World, subnet: string): Promise<string> {
  const found = await (await world.platform.network()).policyRoute?.(subnet as Cidr);
  return found === undefined ? 'none' : `${found.destination} ${found.interface} ${found.table}`;
}

async function withTunnel(work: (world: World) => Promise<void>): Promise<void> {
  const world = createWorld();
  await ip(world, 'link add name tun0 up type bridge');
  await ip(world, 'address add 10.8.0.2/24 dev tun0');
  await ip(world, 'address add fd99::2/64 dev tun0 nodad');
  try {
    await work(world);
  } finally {
    await ip(world, 'link delete dev tun0');
  }
}

test('rules of the host are found, of each family by itself', () =>
  withTunnel(async (world) => {
    assert.equal(await policyRoute(world, '10.88.0.0/24'), 'none');
    await ip(world, 'route add 10.0.0.0/8 dev tun0 table 77');
    await ip(world, 'rule add to 10.0.0.0/8 table 77');
    assert.equal(await policyRoute(world, '10.88.0.0/24'), '10.0.0.0/8 tun0 77');
    assert.equal(await policyRoute(world, '172.16.0.0/24'), 'none');
    assert.equal(await policyRoute(world, 'fd88::/64'), 'none');
    await ip(world, '-6 route add default dev tun0 table 78');
    await ip(world, '-6 rule add table 78');
    assert.equal(await policyRoute(world, 'fd88::/64'), '::/0 tun0 78');
    await ip(world, 'rule delete to 10.0.0.0/8 table 77');
    await ip(world, '-6 rule delete table 78');
  }));

test('a container is hidden by a route and by a rule of others, not by its own', () =>
  withTunnel(async (world) => {
    const { networks } = world.platform;
    const bridge = network(world.platform, { type: 'bridge' });
    await networks.up(bridge, world.operation);
    const addresses = ['10.88.0.7', 'fd88::7'] as IpAddress[];
    const hidden = async (): Promise<readonly string[]> =>
      (await networks.hidden?.(bridge, addresses)) ?? assert.fail('it is not looked at');
    assert.deepEqual(await hidden(), []);
    await ip(world, 'route add 10.88.0.0/29 dev tun0');
    const [byRoute, ...others] = await hidden();
    assert.match(byRoute ?? '', /10\.88\.0\.7 leave by tun0 \(table main\)/);
    assert.deepEqual(others, []);
    await ip(world, 'route delete 10.88.0.0/29 dev tun0');
    await ip(world, '-6 route add fd88::/16 dev tun0 table 79');
    await ip(world, '-6 rule add table 79');
    const [byRule] = await hidden();
    assert.match(byRule ?? '', /fd88::7 leave by tun0 \(table 79\)/);
    await ip(world, '-6 rule delete table 79');
    await ip(world, 'address add 10.88.0.7/32 dev tun0');
    assert.match((await hidden()).join(), /host itself has the address 10\.88\.0\.7/);
    await ip(world, 'address delete 10.88.0.7/32 dev tun0');
    await networks.down(bridge, networks.plan(bridge), world.operation);
  }));

test('IPv6 that is switched off is told in words, and a network can go', async () => {
  const world = createWorld();
  const { networks } = world.platform;
  const set = (name: string, value: string): void =>
    writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, value);
  const dual = network(world.platform, { type: 'bridge' });
  const single = network(world.platform, {
    pools: { ipv4: { subnet: '10.89.0.0/24' as Cidr, gatewayOnHost: false, exclude: [] } },
  });
  const refused = (work: Promise<unknown> | undefined): Promise<void> =>
    assert.rejects(work ?? Promise.resolve(), (error) => {
      assert.ok(hasCode(error, 'FAMILY_UNSUPPORTED'), String(error));
      assert.match(error.message, /disable_ipv6 is 1/);
      assert.match(error.hint ?? '', /sysctl/);
      return true;
    });
  await networks.up(dual, world.operation);
  await networks.requireFamilies?.(dual);
  for (const name of [dual.interface, 'default', 'all']) {
    set(name, '1');
    await refused(networks.requireFamilies?.(dual));
    await refused(networks.up(dual, world.operation));
    assert.match((await networks.observe(dual)).join(), /IPv6 is switched off/);
    await networks.requireFamilies?.(single);
    if (name !== 'all') set(name, '0');
  }
  await networks.up(single, world.operation);
  await networks.down(single, networks.plan(single), world.operation);
  await networks.down(dual, networks.plan(dual), world.operation);
  await refused(networks.up(dual, world.operation));
  set('all', '0');
  await networks.up(dual, world.operation);
  assert.deepEqual(await networks.observe(dual), []);
  await networks.down(dual, networks.plan(dual), world.operation);
});

test.run();
