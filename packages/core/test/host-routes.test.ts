import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { Cidr } from '../src/address/types.ts';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import { KleenetError } from '../src/errors.ts';
import type { HostRoute } from '../src/platform.ts';
import { newProcess, newWorld } from './support/engine.ts';
import { refused } from './support/refusals.ts';

const test = suite('routes of the host');

/** An engine on a host with these routes. */
function withRoutes(
  engine: Engine,
  routes: readonly (readonly [destination: string, name: string])[],
  policyRoute?: (subnet: Cidr) => Promise<HostRoute | undefined>,
): Engine {
  const known = routes.map(([destination, name]) => ({
    destination: destination as Cidr,
    interface: name,
  }));
  const network: Engine['platform']['network'] = async () => ({
    ...(await engine.platform.network()),
    routes: async () => known,
    ...(policyRoute === undefined ? {} : { policyRoute }),
  });
  return { ...engine, platform: { ...engine.platform, network } };
}

test('a default route in parts is not an overlap, a route to a part of the private space is one', async () => {
  const { engine } = newProcess(newWorld());
  const vpn = withRoutes(engine, [
    ['0.0.0.0/1', 'tun0'],
    ['128.0.0.0/1', 'tun0'],
    ['0.0.0.0/5', 'wg0'],
    ['::/1', 'tun0'],
    ['8000::/1', 'tun0'],
    ['2000::/3', 'tun0'],
    ['fc00::/7', 'tun0'],
    ['172.16.0.0/12', 'tun0'],
    ['10.0.0.0/8', 'tun0'],
    ['fd99::/16', 'tun0'],
  ]);
  const both = { subnet: '192.168.1.0/24', subnet6: 'fd10::/64' };
  await core.createNetwork(vpn, { name: 'a', ...both });
  await core.createNetwork(vpn, { name: 'b', subnet6: '2001:db8::/64' });
  for (const [subnet, route] of [
    ['172.20.0.0/24', /172\.16\.0\.0\/12 on tun0/],
    ['10.1.0.0/24', /10\.0\.0\.0\/8 on tun0/],
  ] as const)
    await refused(core.createNetwork(vpn, { name: 'c', subnet }), 'SUBNET_OVERLAP', route);
  await refused(
    core.createNetwork(vpn, { name: 'c', subnet6: 'fd99:1::/64' }),
    'SUBNET_OVERLAP',
    /fd99::\/16/,
  );
});

test('a rule of the host that asks another table first is told, and can be insisted on', async () => {
  const { engine } = newProcess(newWorld());
  const hidden: HostRoute = { destination: '0.0.0.0/0' as Cidr, interface: 'wg0', table: '52' };
  const vpn = withRoutes(engine, [], async (subnet) => (subnet.includes(':') ? undefined : hidden));
  await refused(
    core.createNetwork(vpn, { name: 'a', subnet: '10.1.0.0/24' }),
    'SUBNET_OVERLAP',
    /0\.0\.0\.0\/0 on wg0 in table 52/,
  );
  await core.createNetwork(vpn, { name: 'a', subnet6: 'fd00::/64' });
  await core.createNetwork(vpn, { name: 'b', subnet: '10.1.0.0/24', allowOverlap: true });
});

test('check tells what hides addresses of running containers', async () => {
  const { engine } = newProcess(newWorld());
  await core.createNetwork(engine, { name: 'n', subnet: '10.1.0.0/24', subnet6: 'fd00::/64' });
  const one = [{ network: 'n' }];
  await core.runContainer(engine, { name: 'a', image: 'host', networks: one }, 'detached');
  await core.createContainer(engine, { name: 'b', image: 'host', networks: one });
  const asked: string[] = [];
  const networks = {
    ...engine.platform.networks,
    hidden: async (_: unknown, addresses: readonly string[]) => {
      asked.push(...addresses);
      return ['a route hides it'];
    },
  };
  const watched = { ...engine, platform: { ...engine.platform, networks } };
  const [finding, ...others] = await core.checkSystem(watched);
  assert.deepEqual(
    [finding?.kind, finding?.name, finding?.message, others],
    ['network', 'n', 'a route hides it', []],
  );
  // Without the lock first, and again under it.
  assert.deepEqual(asked, ['10.1.0.1', 'fd00::1', '10.1.0.1', 'fd00::1']);
});

test('a family that the host has switched off is refused when it is wanted, and can be left', async () => {
  const { engine } = newProcess(newWorld());
  let isOff = true;
  const networks = {
    ...engine.platform.networks,
    requireFamilies: async () => {
      if (isOff) throw new KleenetError('FAMILY_UNSUPPORTED', 'IPv6 is switched off');
    },
  };
  const host = { ...engine, platform: { ...engine.platform, networks } };
  const wanted = { name: 'n', subnet: '10.1.0.0/24', subnet6: 'fd00::/64' };
  const off = /switched off/;
  await refused(core.createNetwork(host, wanted), 'FAMILY_UNSUPPORTED', off);
  assert.deepEqual(await core.listNetworks(host), []);
  isOff = false;
  await core.createNetwork(host, wanted);
  const one = { name: 'a', image: 'host', networks: [{ network: 'n' }] };
  await core.runContainer(host, one, 'detached');
  await core.runContainer(host, { name: 'b', image: 'host', driver: 'ipnet' }, 'detached');
  isOff = true;
  await refused(core.connect(host, { network: 'n', container: 'b' }), 'FAMILY_UNSUPPORTED', off);
  await core.stopContainer(host, 'a', 0);
  await refused(core.startContainer(host, 'a', 'detached'), 'FAMILY_UNSUPPORTED', off);
  await core.removeContainer(host, 'a', {});
  await core.removeNetwork(host, 'n');
});

test.run();
