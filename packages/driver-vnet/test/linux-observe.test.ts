/** What attach makes of a vnet endpoint on Linux is read back: each part that is missing or changed is told. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { heldAddresses, rankOf } from '@kleenet/core/driver';
import type { AttachTarget } from '@kleenet/core/driver';
import { LINK_GROUP } from '@kleenet/core/linux';
import type { IpObject } from '@kleenet/core/linux';
import { macFor } from '@kleenet/platform/linux';
import {
  hostProblems,
  portSettingProblem,
  sandboxProblems,
  settingProblems,
} from '../src/linux-observe.ts';
import { hostEnd, joinLines } from '../src/linux-plan.ts';
import { target } from './support/target.ts';

type Shown = Record<string, unknown>;

const OPEN = target();
const ALONE = target({ icc: false });

function addressesOf({ endpoint }: AttachTarget): readonly string[] {
  return Object.values(endpoint.addresses);
}

/** What ip(8) shows on the host once an endpoint is attached. */
function onHost(of: AttachTarget): Shown[] {
  const dev = of.network.interface;
  return [
    {
      ifname: hostEnd(of),
      group: LINK_GROUP,
      flags: ['BROADCAST', 'NOARP', 'UP', 'LOWER_UP'],
      mtu: 1500,
      master: dev,
      addr_info: [],
      linkinfo: { info_slave_data: { state: 'forwarding', isolated: !of.network.icc } },
    },
    ...addressesOf(of).map((dst) => ({ dst, dev, lladdr: of.endpoint.mac, state: ['PERMANENT'] })),
    ...(of.network.icc
      ? []
      : addressesOf(of)
          .filter((dst) => dst.includes(':'))
          .map((dst) => ({ dst, dev, proxy: null }))),
  ];
}

/** And in the container. */
function inside(of: AttachTarget): Shown[] {
  const { interface: dev, mac } = of.endpoint;
  const gateways = [of.network.pools.ipv4?.gateway, of.network.pools.ipv6?.gateway];
  return [
    {
      ifname: dev,
      flags: ['BROADCAST', 'UP', 'LOWER_UP'],
      mtu: 1500,
      address: mac,
      addr_info: heldAddresses(of).map(({ address, prefix }) => ({
        local: address,
        prefixlen: prefix,
      })),
    },
    ...heldAddresses(of).map(({ family, address, subnet }) => ({
      dst: subnet,
      table: 'main',
      ...(family === 'ipv4' ? { prefsrc: address } : { metric: 256 }),
    })),
    ...gateways.flatMap((gateway) => [
      { dst: 'default', gateway, dev, metric: rankOf(of.endpoint), flags: [] },
      { dst: gateway, dev, lladdr: macFor('network', of.network.id), state: ['PERMANENT'] },
    ]),
  ];
}

/** The problems after something about the objects was changed. */
function after(
  problems: (of: AttachTarget, shown: readonly IpObject[]) => readonly string[],
  shown: Shown[],
  of: AttachTarget,
  change: (shown: Shown[]) => Shown[] | void,
): readonly string[] {
  return problems(of, (change(shown) ?? shown) as unknown as readonly IpObject[]);
}

test('an endpoint that is as it was attached has no problems', () => {
  for (const of of [OPEN, ALONE]) {
    assert.deepEqual(
      after(hostProblems, onHost(of), of, () => undefined),
      [],
    );
    assert.deepEqual(
      after(sandboxProblems, inside(of), of, () => undefined),
      [],
    );
  }
});

const set = (values: Shown) => (shown: Shown[]) => void Object.assign(shown[0] ?? {}, values);
const without = (word: string) => (shown: Shown[]) =>
  shown.filter((one) => !Object.values(one).includes(word));

const [IPV4 = '', IPV6 = ''] = addressesOf(OPEN);
const GATEWAY = OPEN.network.pools.ipv4?.gateway ?? '';

for (const [what, of, change, problem] of [
  ['out of its bridge', OPEN, set({ master: 'other' }), /is not a port of the bridge/],
  ['without its mark', OPEN, set({ group: 'default' }), /^interface kle\S+ is not klee's$/],
  [
    'about to be deleted',
    OPEN,
    set({ group: '1802240007' }),
    /^interface kle\S+ is in the group 1802240007, not 27500$/,
  ],
  ['down', OPEN, set({ flags: ['NOARP'] }), /^interface kle\S+ is down$/],
  ['an interface for ARP', OPEN, set({ flags: ['UP'] }), /answers ARP for the host/],
  ['not isolated', ALONE, set({ linkinfo: {} }), /reaches the other ports/],
  [
    'isolated',
    OPEN,
    set({ linkinfo: { info_slave_data: { isolated: true } } }),
    /does not reach the other ports/,
  ],
  ['of another MTU', OPEN, set({ mtu: 1280 }), /the MTU of kle\S+ is 1280, not 1500/],
  ['given an address', OPEN, set({ addr_info: [{ local: '10.1.0.77' }] }), /klee did not give it/],
  ['not known by IPv4', OPEN, without(IPV4), new RegExp(`MAC address of ${IPV4} `)],
  ['not known by IPv6', OPEN, without(IPV6), new RegExp(`MAC address of ${IPV6} `)],
  [
    'not answered for',
    ALONE,
    (shown: Shown[]) => shown.filter((one) => !('proxy' in one)),
    /does not answer for fd01::/,
  ],
] as const) {
  test(`a port that is ${what} is told`, () => {
    const problems = after(hostProblems, onHost(of), of, change);
    assert.equal(problems.length, 1, problems.join());
    assert.match(problems[0] ?? '', problem);
  });
}

for (const [what, change, problem] of [
  ['is down', set({ flags: [] }), /is down$/],
  ['has another MAC address', set({ address: '02:00:00:00:00:01' }), /has the MAC address 02:/],
  ['has another MTU', set({ mtu: 9000 }), /is 9000, not 1500/],
  [
    'lacks an address',
    set({ addr_info: [{ local: IPV4, prefixlen: 24 }] }),
    new RegExp(`lacks its address ${IPV6}`),
  ],
  [
    'has an address with another prefix length',
    set({
      addr_info: [
        { local: IPV4, prefixlen: 25 },
        { local: IPV6, prefixlen: 64 },
      ],
    }),
    new RegExp(`has its address ${IPV4} with the prefix length 25`),
  ],
  [
    'lacks the route to its subnet',
    (shown: Shown[]) => shown.filter(({ prefsrc }) => prefsrc !== IPV4),
    /lacks its route to 10\./,
  ],
  [
    'has the route to its subnet with a limit on the size of packets',
    (shown: Shown[]) =>
      shown.map((one) => (one['metric'] === 256 ? { ...one, metrics: [{ mtu: 1300 }] } : one)),
    /lacks its route to fd01:/,
  ],
  [
    'does not know its gateway',
    (shown: Shown[]) => shown.filter(({ dst }) => dst !== GATEWAY),
    new RegExp(`MAC address of its gateway ${GATEWAY}`),
  ],
  [
    'lacks a default route',
    (shown: Shown[]) => shown.filter(({ gateway }) => gateway !== GATEWAY),
    new RegExp(`lacks its default route by ${GATEWAY}`),
  ],
  [
    'has its default route with another metric',
    (shown: Shown[]) =>
      shown.map((one) => (one['gateway'] === GATEWAY ? { ...one, metric: 1 } : one)),
    new RegExp(`lacks its default route by ${GATEWAY}`),
  ],
] as const) {
  test(`a container that ${what} is told`, () => {
    const problems = after(sandboxProblems, inside(OPEN), OPEN, change);
    assert.equal(problems.length, 1, problems.join());
    assert.match(problems[0] ?? '', problem);
  });
}

test('settings of the kernel are told', () => {
  const change = { name: 'net/ipv6/conf/klex/disable_ipv6', value: '1', old: '0' };
  assert.equal(portSettingProblem(change), `the kernel setting ${change.name} is 0, not 1`);
  assert.match(settingProblems(OPEN, [change])[0] ?? '', /of container 'c' is 0, not 1/);
});

test('what a port is without ARP is made again with its other parts', () => {
  assert.match(joinLines(OPEN)[0] ?? '', / arp off .* up$/);
});

test.run();
