import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Cidr, IpAddress, Network } from '@kleenet/core';
import { leavingGroup, networkInterface } from '../src/linux/names.ts';
import {
  createLines,
  forwardingSysctls,
  interfaceSysctls,
  interfacesWithAdvertisedRoute,
  isOurs,
  linkLines,
  networkProblems,
  networkResources,
  removeLines,
  restoringLines,
} from '../src/linux/network-plan.ts';

const base: Network = {
  id: '0123456789ab',
  name: 'n',
  type: 'loopback',
  interface: 'kln0123456789ab',
  state: 'ready',
  pools: {
    ipv4: {
      subnet: '10.0.0.0/24' as Cidr,
      gateway: '10.0.0.1' as IpAddress,
      gatewayOnHost: true,
      exclude: [],
    },
    ipv6: {
      subnet: 'fd00::/64' as Cidr,
      gateway: 'fd00::1' as IpAddress,
      gatewayOnHost: false,
      exclude: [],
    },
  },
  nat: true,
  icc: true,
  internal: false,
  labels: {},
  options: {},
  created: '2026-01-01T00:00:00.000Z',
};
const bridge: Network = { ...base, type: 'bridge', mtu: 9000 };
const custom: Network = { ...base, type: 'custom', interface: 'eth9' };

test('names fit the kernel', () => {
  assert.equal(networkInterface('0123456789ab', 'bridge'), 'kln0123456789ab');
  assert.ok(networkInterface('0123456789ab', 'bridge').length <= 15);
});

test('a loopback network is an interface without addresses, and routes that lead nowhere', () => {
  assert.deepEqual(createLines(base), [
    'link add name kln0123456789ab address 0a:01:23:45:67:89 group 27500 type bridge',
    'link set dev kln0123456789ab alias kleenet:network:0123456789ab addrgenmode none',
    'link set dev kln0123456789ab up',
    'route replace unreachable 10.0.0.0/24 metric 4096 proto 107',
    'route replace unreachable fd00::/64 metric 4096 proto 107',
  ]);
});

test('a bridge has the gateways that belong on the host only', () => {
  assert.deepEqual(createLines(bridge).slice(2), [
    // Frames for reserved groups go to the rules, and a container cannot fill a list of groups.
    'link set dev kln0123456789ab type bridge group_fwd_mask 0xfff8 mcast_snooping 0',
    'link set dev kln0123456789ab up',
    'address replace 10.0.0.1/24 dev kln0123456789ab',
    // Without an address of the subnet on the host, nothing else leads there.
    'route append fd00::/64 dev kln0123456789ab proto 107',
  ]);
  assert.match(createLines(bridge)[0] ?? '', / mtu 9000 /);
});

test('what is removed is what was made', () => {
  assert.deepEqual(removeLines(bridge, true), ['link delete dev kln0123456789ab']);
  assert.deepEqual(removeLines(bridge, false), []);
  assert.equal(removeLines(base, true).length, 3);
  assert.deepEqual(networkResources(custom), []);
  assert.deepEqual(
    networkResources(base).map(({ name }) => name),
    ['kln0123456789ab', '10.0.0.0/24', 'fd00::/64'],
  );
});

test("an interface that was about to be deleted with others is known as klee's, and comes back", () => {
  const left = { ifname: bridge.interface, flags: ['UP'], mtu: 9000, group: leavingGroup(7) };
  assert.ok(isOurs(left));
  assert.ok(
    networkProblems(bridge, left, []).some((one) => one.includes('is in the group 1802240007')),
  );
  assert.ok(linkLines(bridge, left).includes('link set dev kln0123456789ab group 27500'));
  for (const group of ['default', '27499', '27501', String(27501 * 65536)])
    assert.equal(isOurs({ ...left, group }), false, group);
});

test('settings follow the families and the type', () => {
  const { ipv4 } = base.pools;
  assert.deepEqual(forwardingSysctls({ ...base, pools: ipv4 === undefined ? {} : { ipv4 } }), [
    { name: 'net/ipv4/ip_forward', value: '1' },
  ]);
  // The host takes no advice from containers on any interface that is klee's.
  assert.deepEqual(
    interfaceSysctls(base).map(({ name }) => name),
    [
      'net/ipv6/conf/kln0123456789ab/accept_ra',
      'net/ipv6/conf/kln0123456789ab/accept_redirects',
      'net/ipv4/conf/kln0123456789ab/accept_redirects',
    ],
  );
  assert.deepEqual(
    interfaceSysctls(custom).map(({ name }) => name),
    [
      'net/ipv4/neigh/eth9/proxy_delay',
      'net/ipv6/neigh/eth9/proxy_delay',
      'net/ipv6/conf/eth9/proxy_ndp',
    ],
  );
  assert.ok(
    interfaceSysctls(bridge).some(
      ({ name, value }) => name.endsWith('/accept_ra') && value === '0',
    ),
  );
});

test('problems are told one by one', () => {
  const link = {
    ifname: base.interface,
    flags: ['UP'],
    mtu: 9000,
    group: '27500',
    address: '0a:01:23:45:67:89',
    addr_info: [],
    linkinfo: { info_data: { group_fwd_mask: '0xfff8', mcast_snooping: 0 } },
  };
  assert.deepEqual(networkProblems(base, undefined, []), ['interface kln0123456789ab is missing']);
  assert.deepEqual(networkProblems(base, { ...link, group: 'default' }, []), [
    "interface kln0123456789ab is not klee's",
  ]);
  const own = [
    { dst: '10.0.0.0/24', dev: base.interface, prefsrc: '10.0.0.1' },
    { dst: 'fd00::/64', dev: base.interface },
  ];
  assert.deepEqual(networkProblems(bridge, { ...link, flags: [] }, own), [
    'interface kln0123456789ab is down',
    'interface kln0123456789ab lacks the gateway address 10.0.0.1',
  ]);
  const changed = { ...link, mtu: 1500, address: '02:00:00:00:00:01' };
  assert.deepEqual(networkProblems(bridge, changed, own.slice(1)), [
    'interface kln0123456789ab has the MAC address 02:00:00:00:00:01, not 0a:01:23:45:67:89',
    'the MTU of kln0123456789ab is 1500, not 9000',
    'the host has no route to 10.0.0.0/24 by kln0123456789ab',
    'interface kln0123456789ab lacks the gateway address 10.0.0.1',
  ]);
  const careless = { info_data: { group_fwd_mask: '0', mcast_snooping: 1 } };
  assert.deepEqual(networkProblems(bridge, { ...link, linkinfo: careless }, own).slice(0, 2), [
    'group_fwd_mask of kln0123456789ab is 0, not 0xfff8',
    'mcast_snooping of kln0123456789ab is 1, not 0',
  ]);
  for (const worse of [{ metrics: [{ mtu: 1300 }] }, { prefsrc: '10.9.9.9' }, { table: '7' }]) {
    const problems = networkProblems(bridge, { ...link, flags: [] }, [
      { dst: '10.0.0.0/24', dev: base.interface, prefsrc: '10.0.0.1', ...worse },
      ...own.slice(1),
    ]);
    assert.ok(problems.some((one) => one.startsWith('the host has no route to 10.0.0.0/24')));
  }
  const routes = ['10.0.0.0/24', 'fd00::/64'].map((dst) => ({ dst, type: 'unreachable' }));
  assert.deepEqual(networkProblems(base, link, routes), []);
  assert.deepEqual(networkProblems(base, link, routes.slice(1)), [
    'the unreachable route for 10.0.0.0/24 is missing',
  ]);
});

test('a route of the kernel comes back as it was, and another by the number of klee', () => {
  assert.deepEqual(restoringLines(bridge, ['10.0.0.0/24', 'fd00::/64']), {
    clear: [
      'route delete 10.0.0.0/24 dev kln0123456789ab',
      'route delete fd00::/64 dev kln0123456789ab',
    ],
    make: [
      'route append 10.0.0.0/24 dev kln0123456789ab proto kernel scope link src 10.0.0.1',
      'route append fd00::/64 dev kln0123456789ab proto 107',
    ],
  });
});

test('only routes that were advertised need care', () => {
  const routes = [
    { dst: 'default', protocol: 'ra', dev: 'eth0' },
    { dst: 'default', protocol: 'static', dev: 'eth1' },
    { dst: 'fd01::/64', protocol: 'ra', dev: 'eth2' },
  ];
  assert.deepEqual(interfacesWithAdvertisedRoute(routes), ['eth0']);
});

test.run();
