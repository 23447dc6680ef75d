import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Cidr, FirewallIntents, IpAddress, MacAddress, NetworkIntent } from '@kleenet/core';
import { firewallProblems } from '../src/linux/firewall/compare.ts';
import { loadedElement, writtenElement } from '../src/linux/firewall/elements.ts';
import { outermost } from '../src/linux/firewall/published.ts';
import { renderFirewall } from '../src/linux/firewall/render.ts';
import { guardText, hexOf, releaseText } from '../src/linux/firewall/senders.ts';
import { shapeOf } from '../src/linux/firewall/text.ts';
import { chain } from './support/nft-text.ts';

const bridge: NetworkIntent = {
  id: 'aaaaaaaaaaaa',
  name: 'web',
  type: 'bridge',
  interface: 'klnaaaaaaaaaaaa',
  subnets: { ipv4: '10.1.0.0/24' as Cidr, ipv6: 'fd01::/64' as Cidr },
  hostAddresses: {},
  nat: true,
  icc: true,
  internal: false,
};

const loopback: NetworkIntent = {
  id: 'bbbbbbbbbbbb',
  name: 'db',
  type: 'loopback',
  interface: 'klnbbbbbbbbbbbb',
  subnets: { ipv4: '10.2.0.0/24' as Cidr },
  hostAddresses: {},
  nat: false,
  icc: false,
  internal: true,
};

const custom: NetworkIntent = {
  ...bridge,
  id: 'cccccccccccc',
  name: 'lan',
  type: 'custom',
  interface: 'eth1',
  subnets: { ipv4: '10.3.0.0/24' as Cidr },
  natInterface: 'eth0',
};

const published: FirewallIntents['published'] = [
  {
    containerId: '111111111111',
    networkId: bridge.id,
    stack: 'restricted',
    port: { protocol: 'tcp', hostPorts: [8080, 8081], containerPort: 80 },
    addresses: { ipv4: '10.1.0.2' as IpAddress },
    sources: ['10.1.0.2' as IpAddress],
    beside: [],
  },
  {
    containerId: '111111111111',
    networkId: bridge.id,
    stack: 'restricted',
    port: { protocol: 'udp', interface: 'eth0', hostPorts: [53, 53], containerPort: 5353 },
    addresses: { ipv6: 'fd01::2' as IpAddress },
    sources: ['fd01::2' as IpAddress],
    beside: [],
  },
];

/** The elements of a set or map that has any. */
function elements(rules: string): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    [...shapeOf(rules, 'inet klee').sets].filter(([, found]) => found.length > 0),
  );
}

test('a network is in these sets', () => {
  assert.deepEqual(elements(renderFirewall({ networks: [bridge], published: [] })), {
    bridges: ['"klnaaaaaaaaaaaa"'],
    icc_bridges: ['"klnaaaaaaaaaaaa" . "klnaaaaaaaaaaaa"'],
    subnets4_24: ['10.1.0.0'],
    bridged4_24: ['"klnaaaaaaaaaaaa" . 10.1.0.0'],
    same4_24: ['10.1.0.0 . 10.1.0.0'],
    icc4_24: ['10.1.0.0 . 10.1.0.0'],
    hairpin4_24: ['"klnaaaaaaaaaaaa" . 10.1.0.0'],
    nat4_24: ['10.1.0.0'],
    subnets6_64: ['fd01::'],
    bridged6_64: ['"klnaaaaaaaaaaaa" . fd01::'],
    same6_64: ['fd01:: . fd01::'],
    icc6_64: ['fd01:: . fd01::'],
    hairpin6_64: ['"klnaaaaaaaaaaaa" . fd01::'],
    nat6_64: ['fd01::'],
  });
});

test('an internal network without icc is dropped both ways, and never translated', () => {
  const rules = renderFirewall({ networks: [loopback], published: [] });
  assert.deepEqual(elements(rules), {
    subnets4_24: ['10.2.0.0'],
    same4_24: ['10.2.0.0 . 10.2.0.0'],
    internal4_24: ['10.2.0.0 : goto internal_bbbbbbbbbbbb'],
  });
  assert.deepEqual(
    chain(rules, 'containers').filter((rule) => rule.includes('internal')),
    ['ip saddr & 255.255.255.0 vmap @internal4_24', 'ip daddr & 255.255.255.0 vmap @internal4_24'],
  );
  assert.deepEqual(chain(rules, 'internal_bbbbbbbbbbbb'), [
    'jump within',
    'ip saddr 10.2.0.0/24 drop comment "network db"',
    'ip daddr 10.2.0.0/24 drop comment "network db"',
  ]);
  assert.deepEqual(chain(rules, 'within'), []);
});

test('a custom network has neighbours on its interface, and NAT where it is asked for', () => {
  const rules = renderFirewall({ networks: [custom], published: [] });
  assert.deepEqual(chain(rules, 'within').slice(0, 2), [
    'iifname "klc*" ip saddr & 255.255.255.0 . ip daddr & 255.255.255.0 @icc_custom4_24 accept',
    'iifname . ip saddr & 255.255.255.0 . ip daddr & 255.255.255.0 @icc_on4_24 accept',
  ]);
  assert.deepEqual(chain(rules, 'nat').slice(-1), [
    'oifname . ip saddr & 255.255.255.0 @nat_on4_24 ip saddr & 255.255.255.0 . ip daddr & 255.255.255.0 != @same4_24 masquerade',
  ]);
  assert.deepEqual(elements(rules), {
    same4_24: ['10.3.0.0 . 10.3.0.0'],
    icc_custom4_24: ['10.3.0.0 . 10.3.0.0'],
    icc_on4_24: ['"eth1" . 10.3.0.0 . 10.3.0.0'],
    nat_on4_24: ['"eth0" . 10.3.0.0'],
  });
});

test('each length of prefix has its sets and rules, the shortest first', () => {
  const of = (ipv4: string, ipv6: string): NetworkIntent => ({
    ...loopback,
    subnets: { ipv4: ipv4 as Cidr, ipv6: ipv6 as Cidr },
  });
  const networks = [
    of('10.2.3.0/25', 'fd02::/127'),
    of('10.0.0.0/8', 'fd00::/9'),
    of('10.2.4.0/25', 'fd02::8/127'),
    of('10.9.9.9/32', 'fd03::1/128'),
  ];
  const rules = renderFirewall({ networks, published: [] });
  assert.deepEqual(
    chain(rules, 'input').filter((rule) => rule.includes('@subnets')),
    [
      'ip daddr & 255.0.0.0 @subnets4_8 drop',
      'ip daddr & 255.255.255.128 @subnets4_25 drop',
      'ip daddr & 255.255.255.255 @subnets4_32 drop',
      'ip6 daddr & ff80:0:0:0:0:0:0:0 @subnets6_9 drop',
      'ip6 daddr & ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe @subnets6_127 drop',
      'ip6 daddr & ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff @subnets6_128 drop',
    ],
  );
  const { subnets4_8, subnets4_25, subnets6_127 } = elements(rules);
  assert.deepEqual(
    [subnets4_8, subnets4_25, subnets6_127],
    [['10.0.0.0'], ['10.2.3.0', '10.2.4.0'], ['fd02::', 'fd02::8']],
  );
});

test('a subnet that two networks have is in a set once', () => {
  const rules = renderFirewall({
    networks: [bridge, { ...custom, subnets: bridge.subnets }],
    published: [],
  });
  assert.deepEqual(elements(rules)['same4_24'], ['10.1.0.0 . 10.1.0.0']);
  assert.deepEqual(elements(rules)['icc_on4_24'], ['"eth1" . 10.1.0.0 . 10.1.0.0']);
  const other = { ...loopback, id: 'dddddddddddd' };
  const inner = renderFirewall({ networks: [loopback, other], published: [] });
  assert.deepEqual(elements(inner)['internal4_24'], ['10.2.0.0 : goto internal_bbbbbbbbbbbb']);
});

test('a published port is an element of a map and of a set', () => {
  const found = elements(renderFirewall({ networks: [bridge], published }));
  assert.deepEqual(found['ports4'], ['tcp . 8080 : 10.1.0.2 . 80', 'tcp . 8081 : 10.1.0.2 . 81']);
  assert.deepEqual(found['open4'], ['10.1.0.2 . tcp . 80', '10.1.0.2 . tcp . 81']);
  assert.deepEqual(found['ports_on6'], ['"eth0" . udp . 53 : fd01::2 . 5353']);
  assert.deepEqual(found['open_on6'], ['"eth0" . fd01::2 . udp . 5353']);
  assert.deepEqual(found['open_inside6'], ['fd01::2 . udp . 5353']);
  assert.equal(found['open6'], undefined);
});

test('a container with its own stack is its own neighbour, and no internal network is translated into', () => {
  const own = published.map((one) => ({ ...one, stack: 'own' as const, beside: ['dddddddddddd'] }));
  const subnets = { ipv4: '10.4.0.0/24' as Cidr, ipv6: 'fd04::/64' as Cidr };
  const other = { id: 'dddddddddddd', name: 'inner', interface: 'kln4', subnets };
  const inner = { ...bridge, ...other, internal: true };
  const rules = renderFirewall({ networks: [bridge, inner], published: own });
  const { itself4, itself6, beside4, beside6 } = elements(rules);
  assert.deepEqual([itself4, itself6], [undefined, undefined]);
  assert.deepEqual(beside4, ['10.4.0.0/24 . 10.1.0.2']);
  assert.deepEqual(beside6, ['fd04::/64 . fd01::2']);
  const { hairpin4_24, nat4_24 } = elements(rules);
  assert.deepEqual(hairpin4_24, ['"klnaaaaaaaaaaaa" . 10.1.0.0']);
  assert.deepEqual(nat4_24, ['10.1.0.0']);
});

test('of two ports with the same number at the host the first is there', () => {
  const [first] = published;
  assert.ok(first !== undefined);
  const other = { ...first, addresses: { ipv4: '10.1.0.3' as IpAddress } };
  const rules = renderFirewall({ networks: [bridge], published: [first, other] });
  assert.deepEqual(elements(rules)['ports4'], [
    'tcp . 8080 : 10.1.0.2 . 80',
    'tcp . 8081 : 10.1.0.2 . 81',
  ]);
});

test('without icc, bridged neighbour discovery passes on its own bridge only', () => {
  const apart = { ...loopback, subnets: { ipv6: 'fd02::/64' as Cidr }, internal: false };
  const networks = [{ ...bridge, icc: false }, custom, apart];
  const rules = renderFirewall({ networks, published: [] });
  const name = `"${bridge.interface}"`;
  assert.deepEqual(
    chain(rules, 'within').filter((rule) => rule.includes('icmpv6')),
    [
      'iifname . oifname @apart_bridges ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
    ],
  );
  assert.deepEqual(elements(rules)['apart_bridges'], [`${name} . ${name}`]);
  assert.doesNotMatch(rules, /icc_bridges/);
});

test('without IPv6 there is nothing to discover', () => {
  const inner = { ...bridge, icc: false, subnets: { ipv4: '10.1.0.0/24' as Cidr } };
  assert.doesNotMatch(renderFirewall({ networks: [inner], published: [] }), /apart_bridges/);
});

test('nothing is translated towards the world where that is not asked for, or where it is internal', () => {
  for (const change of [{ nat: false }, { internal: true }]) {
    const rules = renderFirewall({ networks: [{ ...bridge, ...change }], published: [] });
    assert.deepEqual(
      chain(rules, 'nat').filter((rule) => rule.includes('@same')),
      [],
    );
    assert.equal(elements(rules)['nat4_24'], undefined);
  }
});

test('a container comes back to its own ports from each of its addresses of the same family', () => {
  const both = { ipv4: '10.1.0.2' as IpAddress, ipv6: 'fd01::2' as IpAddress };
  const sources = ['10.1.0.2', '10.3.0.2', 'fd01::2'] as IpAddress[];
  const [first] = published;
  assert.ok(first !== undefined);
  const ports = {
    networks: [bridge, loopback, custom],
    published: [{ ...first, addresses: both, sources }],
  };
  const found = elements(renderFirewall(ports));
  assert.deepEqual(found['itself4'], ['10.1.0.2 . 10.1.0.2', '10.3.0.2 . 10.1.0.2']);
  assert.deepEqual(found['itself6'], ['fd01::2 . fd01::2']);
  assert.deepEqual(found['published_links'], ['"klc111111111111"', '"klnaaaaaaaaaaaa"']);
  const four = { ...ports, published: [{ ...first, sources }] };
  assert.equal(elements(renderFirewall(four))['itself6'], undefined, 'no port in that family');
  const lan = { ...ports, published: [{ ...first, networkId: custom.id, beside: [loopback.id] }] };
  const other = elements(renderFirewall(lan));
  assert.deepEqual(other['published_links'], ['"klc111111111111"'], 'no link of the user');
  assert.equal(other['beside4'], undefined, 'it replies through the host');
});

test('of nested subnets the widest stands for all, since intervals of a set may not overlap', () => {
  const subnets = ['10.1.0.0/16', '10.0.0.0/8', '10.0.0.0/8', '192.168.0.0/24'] as Cidr[];
  assert.deepEqual(outermost(subnets), ['10.0.0.0/8', '192.168.0.0/24']);
});

test('containers change no rule besides the elements of their ports', () => {
  const without = renderFirewall({ networks: [bridge, custom], published: [] });
  const rest = (rules: string): string => rules.replaceAll(/^\t\telements = .*\n|rules_\w+/gm, '');
  assert.equal(rest(renderFirewall({ networks: [bridge, custom], published })), rest(without));
});

test('the text is the same for the same intents, and nothing is left without networks', () => {
  const intents = { networks: [bridge, loopback, custom], published };
  assert.equal(renderFirewall(intents), renderFirewall(structuredClone(intents)));
  assert.equal(
    renderFirewall({ networks: [], published }),
    'add table inet klee\ndelete table inet klee\nadd table bridge klee\ndelete table bridge klee\n',
  );
});

test('the elements of senders are never flushed with the rules', () => {
  const rules = renderFirewall({ networks: [bridge], published });
  assert.doesNotMatch(rules, /delete table bridge|flush (set|ruleset)/);
  assert.match(rules, /^flush table bridge klee$/m);
  assert.deepEqual([...shapeOf(rules, 'bridge klee').sets.values()].flat(), []);
});

test('a port may send from its addresses', () => {
  const port = {
    interface: 'kle0123456789ab',
    mac: '02:00:00:00:00:01' as MacAddress,
    addresses: ['10.1.0.2', 'fd01::2'] as IpAddress[],
  };
  const added = guardText(port)
    .split('\n')
    .filter((line) => line.startsWith('add element'));
  assert.deepEqual(added, [
    'add element bridge klee macs { "kle0123456789ab" . 02:00:00:00:00:01 }',
    'add element bridge klee discovered_macs { "kle0123456789ab" . 0x020000000001 }',
    'add element bridge klee senders4 { "kle0123456789ab" . 02:00:00:00:00:01 . 10.1.0.2 }',
    'add element bridge klee senders6 { "kle0123456789ab" . 02:00:00:00:00:01 . fd01::2 }',
    'add element bridge klee discovered_targets { "kle0123456789ab" . 0xfd010000000000000000000000000002 }',
  ]);
  assert.deepEqual(
    releaseText(port)
      .split('\n')
      .filter((line) => line.startsWith('delete element')),
    added.map((line) => line.replace('add', 'delete')),
  );
});

for (const [address, hex] of [
  ['::', '00000000000000000000000000000000'],
  ['::1', '00000000000000000000000000000001'],
  ['fd00::', 'fd000000000000000000000000000000'],
  ['fd01:2:3:4:5:6:7:8', 'fd010002000300040005000600070008'],
  // State of earlier versions may have these, and detaching forgets them in the firewall.
  ['::ffff:10.9.0.2', '00000000000000000000ffff0a090002'],
  ['::ffff:255.0.16.1', '00000000000000000000ffffff001001'],
] as const) {
  test(`${address} is ${hex}`, () => {
    assert.equal(hexOf(address), hex);
  });
}

test('elements are the same as nft(8) gives them back', () => {
  for (const [written, loaded] of [
    ['10.1.0.0/24', { prefix: { addr: '10.1.0.0', len: 24 } }],
    ['10.1.0.4/32', '10.1.0.4'],
    ['fd01::4', { prefix: { addr: 'fd01::4', len: 128 } }],
    ['"klc*"', 'klc*'],
    ['"kln1" . fd01::/64', { concat: ['kln1', { prefix: { addr: 'fd01::', len: 64 } }] }],
    ['tcp . 80 : 10.1.0.2 . 81', [{ concat: ['tcp', 80] }, { concat: ['10.1.0.2', 81] }]],
    ['"kln1" : goto internal_1', ['kln1', { goto: { target: 'internal_1' } }]],
    ['10.1.0.2', { elem: { val: '10.1.0.2', comment: 'ours' } }],
  ] as const) {
    assert.equal(loadedElement(loaded), writtenElement(written));
  }
  assert.notEqual(loadedElement({ range: ['10.1.0.0', '10.1.0.9'] }), writtenElement('10.1.0.0'));
});

test('missing tables, chains, rules and elements are noticed', () => {
  const rules = renderFirewall({ networks: [bridge], published });
  const loaded = { inet: load(rules, 'inet klee'), bridge: load(rules, 'bridge klee') };
  assert.deepEqual(firewallProblems(rules, loaded), []);
  assert.deepEqual(firewallProblems(rules, { inet: undefined, bridge: undefined }), [
    "the firewall table 'inet klee' is missing",
    "the firewall table 'bridge klee' is missing",
  ]);
  const { inet } = loaded;
  const harmed = {
    dormant: false,
    chains: inet.chains.filter((name) => name !== 'input'),
    rules: inet.rules.filter(({ chain: name }) => name !== 'nat' && name !== 'input'),
    sets: inet.sets.map((set) => (set.name === 'ports4' ? { name: set.name } : set)),
  };
  assert.deepEqual(
    firewallProblems(rules, { ...loaded, inet: harmed }).map((problem) => problem.split(' of ')[0]),
    ['chain input', 'chain nat', 'set ports4'],
  );
  assert.deepEqual(firewallProblems(rules, { ...loaded, inet: { ...harmed, sets: inet.sets } }), [
    "chain input of the firewall table 'inet klee' is missing",
    `chain nat of the firewall table 'inet klee' has 0 rules, not ${chain(rules, 'nat').length}`,
  ]);
  const problems = (changes: object): readonly string[] =>
    firewallProblems(rules, { ...loaded, inet: { ...inet, ...changes } });
  const renumbered = (name: string): object => ({
    rules: inet.rules.map((rule) => (rule.chain === name ? { ...rule, handle: 999 } : rule)),
  });
  const last = inet.chains.at(-2) ?? '';
  for (const name of ['containers', last]) {
    assert.deepEqual(problems(renumbered(name)), [
      `a rule of chain ${name} of the firewall table 'inet klee' is not klee's`,
    ]);
  }
  const exchanged = inet.rules.map((rule, index) =>
    index === inet.rules.length - 2 ? { ...rule, handle: rule.handle + 2 } : rule,
  );
  assert.equal(problems({ rules: exchanged }).length, 1, 'the last two');
  const swapped = inet.sets.map((set) =>
    set.name === 'subnets4_24' ? { ...set, elem: ['10.9.0.0'] } : set,
  );
  assert.deepEqual(problems({ sets: swapped }), [
    "set subnets4_24 of the firewall table 'inet klee' has other elements",
  ]);
  const changed = (
    name: string,
    change: (elem: readonly string[]) => readonly string[],
  ): object => ({
    sets: inet.sets.map((set) => (set.name === name ? { name, elem: change(set.elem) } : set)),
  });
  for (const change of [
    (elem: readonly string[]) => [...elem, '10.1.0.9 . tcp . 80'],
    (elem: readonly string[]) => [...elem.slice(1), '10.1.0.9 . tcp . 80'],
  ])
    assert.deepEqual(problems(changed('open4', change)), [
      "set open4 of the firewall table 'inet klee' has other elements",
    ]);
  const count = chain(rules, 'input').length;
  assert.deepEqual(problems({ rules: [...inet.rules, { chain: 'input', handle: 999 }] }), [
    `chain input of the firewall table 'inet klee' has ${count + 1} rules, not ${count}`,
  ]);
  assert.deepEqual(problems({ dormant: true }), ["the firewall table 'inet klee' is switched off"]);
  const other = renderFirewall({ networks: [loopback], published: [] });
  assert.equal(firewallProblems(other, loaded).length, 1);
});

test('without networks no table has to be there', () => {
  const rules = renderFirewall({ networks: [], published: [] });
  assert.deepEqual(firewallProblems(rules, { inet: undefined, bridge: undefined }), []);
});

test('a table that a text does not have has nothing', () => {
  const text = renderFirewall({ networks: [], published: [] });
  for (const one of ['', text])
    assert.deepEqual(shapeOf(one, 'inet klee'), { chains: new Map(), sets: new Map() });
});

/** What the kernel has after it took these rules. */
function load(rules: string, table: string) {
  const { chains, sets } = shapeOf(rules, table);
  return {
    chains: [...chains.keys()],
    dormant: false,
    rules: [...chains]
      .flatMap(([name, count]) => Array.from({ length: count }, () => ({ chain: name })))
      .map((rule, handle) => ({ ...rule, handle })),
    sets: [...sets].map(([name, elem]) => ({
      name,
      elem: elem.map((text) => text.replaceAll('"', '')),
    })),
  };
}

test.run();
