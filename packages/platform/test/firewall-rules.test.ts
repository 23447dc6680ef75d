/**
 * Every rule of both tables, chain by chain. Most of them keep something out, and nothing that is allowed would fail
 * without them: a rule that is lost, moved or changed must fail here, and be looked at with packets.
 */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Cidr, NetworkIntent } from '@kleenet/core';
import { renderFirewall } from '../src/linux/firewall/render.ts';
import { quoted, shapeOf } from '../src/linux/firewall/text.ts';
import { chain, hookOf } from './support/nft-text.ts';

const web: NetworkIntent = {
  id: 'aaaaaaaaaaaa',
  name: 'web',
  type: 'bridge',
  interface: 'kln1',
  subnets: { ipv4: '10.1.0.0/24' as Cidr, ipv6: 'fd01::/64' as Cidr },
  hostAddresses: {},
  nat: true,
  icc: true,
  internal: false,
};

const inner: NetworkIntent = {
  ...web,
  id: 'bbbbbbbbbbbb',
  name: 'inner',
  interface: 'kln2',
  subnets: { ipv4: '10.2.0.0/24' as Cidr },
  internal: true,
};

const RULES = renderFirewall({ networks: [web, inner], published: [] });

/** The answers to what was allowed. */
const ANSWERS = ['ct state established ct direction reply accept', 'ct state related accept'];
/** The masked addresses of a packet. */
const FROM4 = 'ip saddr & 255.255.255.0';
const TO4 = 'ip daddr & 255.255.255.0';
const FROM6 = 'ip6 saddr & ffff:ffff:ffff:ffff:0:0:0:0';
const TO6 = 'ip6 daddr & ffff:ffff:ffff:ffff:0:0:0:0';
const DISCOVERY = 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept';

test('the host takes nothing from ports, nothing for its loopback, and no sender of elsewhere', () => {
  assert.deepEqual(chain(RULES, 'sources'), [
    'ip daddr 127.0.0.0/8 jump from_links',
    'ip hdrlength > 5 jump options',
    'iifname "klc*" goto routed',
    `iifname . ${FROM4} @bridged4_24 accept`,
    `iifname . ${FROM6} @bridged6_64 accept`,
    'iifname "lo" accept',
    'iifname "kle*" drop',
    `${FROM4} @subnets4_24 drop`,
    `${FROM6} @subnets6_64 drop`,
  ]);
  assert.deepEqual(chain(RULES, 'options'), [
    'ip option lsrr exists jump from_links',
    'ip option ssrr exists jump from_links',
  ]);
  assert.deepEqual(chain(RULES, 'routed'), ['fib saddr . iif oif missing drop']);
  assert.deepEqual(chain(RULES, 'from_links'), ['iifname "klc*" drop', 'iifname @bridges drop']);
});

test('all that is routed from or to containers is looked at, and dropped where nothing allows it', () => {
  assert.deepEqual(chain(RULES, 'forward'), [
    'iifname . oifname @icc_bridges accept',
    'iifname "klc*" goto containers',
    'iifname @bridges goto containers',
    'oifname "klc*" goto containers',
    'oifname @bridges goto containers',
  ]);
  assert.deepEqual(chain(RULES, 'containers'), [
    'iifname vmap @internal_bridges',
    'oifname vmap @internal_bridges',
    `${FROM4} vmap @internal4_24`,
    `${TO4} vmap @internal4_24`,
    ...ANSWERS,
    'jump within',
    'ip daddr @publishing4 jump published',
    'ip6 daddr @publishing6 jump published',
    'jump to_links',
    `${TO4} @subnets4_24 drop`,
    `${TO6} @subnets6_64 drop`,
    'ct state invalid drop',
    'iifname "klc*" accept',
    `${FROM4} @subnets4_24 accept`,
    `${FROM6} @subnets6_64 accept`,
    'drop',
  ]);
  assert.deepEqual(chain(RULES, 'internal_bbbbbbbbbbbb'), [
    'jump within',
    'iifname "kln2" drop comment "network inner"',
    'oifname "kln2" drop comment "network inner"',
    'ip saddr 10.2.0.0/24 drop comment "network inner"',
    'ip daddr 10.2.0.0/24 drop comment "network inner"',
  ]);
  assert.deepEqual(chain(RULES, 'within'), [
    `${FROM4} . ${TO4} @icc4_24 accept`,
    `${FROM6} . ${TO6} @icc6_64 accept`,
  ]);
  assert.deepEqual(
    chain(RULES, 'published'),
    ['ip', 'ip6'].flatMap((ip) => {
      const port = `${ip} daddr . meta l4proto . th dport`;
      const suffix = ip === 'ip' ? '4' : '6';
      return [
        `${port} @open${suffix} accept`,
        `iifname . ${port} @open_on${suffix} accept`,
        `iifname "klc*" ${port} @open_inside${suffix} accept`,
        `iifname @bridges ${port} @open_inside${suffix} accept`,
      ];
    }),
  );
  assert.deepEqual(chain(RULES, 'to_links'), ['oifname "klc*" drop', 'oifname @bridges drop']);
});

test('the host is reached by each network at its own gateway, and at none by an internal one from elsewhere', () => {
  assert.deepEqual(chain(RULES, 'input'), [
    'iifname "lo" accept',
    ...ANSWERS,
    'iifname "klc*" goto to_host',
    'iifname @bridges goto to_host',
    `${TO4} @subnets4_24 drop`,
    `${TO6} @subnets6_64 drop`,
  ]);
  assert.deepEqual(chain(RULES, 'to_host'), [
    `${FROM4} . ${TO4} @same4_24 accept`,
    `${FROM6} . ${TO6} @same6_64 accept`,
    `${TO4} @subnets4_24 drop`,
    `${TO6} @subnets6_64 drop`,
    DISCOVERY,
    'iifname vmap @internal_bridges',
    `${FROM4} vmap @internal4_24`,
  ]);
});

test('the host redirects no container past itself', () => {
  assert.deepEqual(chain(RULES, 'output'), [
    'icmp type redirect jump to_links',
    'icmpv6 type nd-redirect jump to_links',
  ]);
});

test('ports are translated where they are asked for at the host, but not at ::1', () => {
  assert.deepEqual(chain(RULES, 'from_outside'), ['fib daddr type local goto ports']);
  assert.deepEqual(chain(RULES, 'from_host'), [
    'ip6 daddr ::1 accept',
    'fib daddr type local goto ports',
  ]);
  assert.deepEqual(chain(RULES, 'ports'), [
    'dnat ip to meta l4proto . th dport map @ports4',
    'dnat ip to iifname . meta l4proto . th dport map @ports_on4',
    'dnat ip6 to meta l4proto . th dport map @ports6',
    'dnat ip6 to iifname . meta l4proto . th dport map @ports_on6',
  ]);
});

test('senders are translated where their answer would not come back, and towards the world', () => {
  assert.deepEqual(chain(RULES, 'nat'), [
    'ip saddr 127.0.0.0/8 oifname "klc*" snat ip to 169.254.1.1',
    'ip saddr 127.0.0.0/8 oifname @published_links masquerade',
    'ip saddr . ip daddr @itself4 oifname "klc*" snat ip to 169.254.1.1',
    'ip6 saddr . ip6 daddr @itself6 oifname "klc*" snat ip6 to 100::1',
    `ct status dnat oifname . ${FROM4} @hairpin4_24 masquerade`,
    `ct status dnat oifname . ${FROM6} @hairpin6_64 masquerade`,
    'ip saddr . ip daddr @beside4 oifname @bridges masquerade',
    'ip6 saddr . ip6 daddr @beside6 oifname @bridges masquerade',
    'oifname "klc*" accept',
    'oifname @bridges accept',
    `${FROM4} @nat4_24 ${FROM4} . ${TO4} != @same4_24 masquerade`,
    `${FROM6} @nat6_64 ${FROM6} . ${TO6} != @same6_64 masquerade`,
  ]);
});

test('a port sends untagged ARP, IPv4 and IPv6 of its own addresses, and answers for nobody else', () => {
  assert.deepEqual(chain(RULES, 'from_ports'), ['iifname "kle*" goto senders']);
  assert.deepEqual(chain(RULES, 'to_ports'), [
    'iifname "kle*" ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop',
  ]);
  assert.deepEqual(chain(RULES, 'senders'), [
    'meta pkttype multicast ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop',
    'ether type ip goto packets4',
    'ether type ip6 goto packets6',
    'ether type arp goto resolution',
    'drop',
  ]);
  assert.deepEqual(chain(RULES, 'packets4'), [
    'icmp type { redirect, router-advertisement } drop',
    'udp sport { 67, 547 } udp dport { 68, 546 } drop',
    'iifname . ether saddr . ip saddr @senders4 accept',
    'drop',
  ]);
  assert.deepEqual(chain(RULES, 'packets6'), [
    'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } goto discovery',
    'icmpv6 type { nd-router-advert, nd-redirect } drop',
    'udp sport { 67, 547 } udp dport { 68, 546 } drop',
    'frag nexthdr { 0, 43, 44, 51, 60 } drop',
    'iifname . ether saddr . ip6 saddr @senders6 accept',
    'drop',
  ]);
  assert.deepEqual(chain(RULES, 'resolution'), [
    'iifname . ether saddr != @macs drop',
    '@nh,0,64 != { 0x1080006040001, 0x1080006040002 } drop',
    'iifname . arp saddr ether . arp saddr ip @senders4 accept',
    'arp saddr ip 0.0.0.0 iifname . arp saddr ether . arp daddr ip @senders4 accept',
    'drop',
  ]);
  assert.deepEqual(chain(RULES, 'discovery'), [
    'iifname . ether saddr != @macs drop',
    'ip6 nexthdr != ipv6-icmp drop',
    'ip6 length > 32 drop',
    'iifname . @nh,528,48 != @discovered_macs drop',
    'icmpv6 type nd-neighbor-advert iifname . @nh,384,128 != @discovered_targets drop',
    'icmpv6 type nd-neighbor-solicit ip6 saddr :: iifname . @nh,384,128 @discovered_targets accept',
    'iifname . ether saddr . ip6 saddr @senders6 accept',
    'drop',
  ]);
});

/** The chains that others lead to. */
const NAMED = [
  'options',
  'routed',
  'ports',
  'containers',
  'within',
  'published',
  'to_host',
  'from_links',
  'to_links',
  'senders',
  'packets4',
  'packets6',
  'resolution',
  'discovery',
];

test('the kernel asks each chain where it must', () => {
  const hooks: Readonly<Record<string, string>> = {
    sources: 'filter hook prerouting priority raw',
    from_outside: 'nat hook prerouting priority dstnat',
    from_host: 'nat hook output priority -100',
    forward: 'filter hook forward priority filter',
    input: 'filter hook input priority filter',
    output: 'filter hook output priority filter',
    nat: 'nat hook postrouting priority srcnat',
    // Before the bridge's own connection tracking, and before br_netfilter.
    from_ports: 'filter hook prerouting priority -250',
    to_ports: 'filter hook input priority -250',
  };
  for (const [name, hook] of Object.entries(hooks))
    assert.equal(hookOf(RULES, name), `type ${hook}; policy accept;`, name);
  for (const name of NAMED) assert.equal(hookOf(RULES, name), undefined, name);
});

/** Sets and maps without their elements, as they are declared. */
const DECLARED = [
  'set bridges { type ifname }',
  'map internal_bridges { type ifname : verdict }',
  'set icc_bridges { type ifname . ifname }',
  'set published_links { type ifname }',
  ...(
    [
      ['4_24', 'ipv4_addr'],
      ['6_64', 'ipv6_addr'],
    ] as const
  ).flatMap(([suffix, type]) => [
    `set subnets${suffix} { type ${type} }`,
    `set bridged${suffix} { type ifname . ${type} }`,
    `set same${suffix} { type ${type} . ${type} }`,
    `set icc${suffix} { type ${type} . ${type} }`,
    ...(type === 'ipv4_addr' ? [`map internal${suffix} { type ${type} : verdict }`] : []),
    `set hairpin${suffix} { type ifname . ${type} }`,
    `set nat${suffix} { type ${type} }`,
  ]),
  ...(
    [
      ['4', 'ipv4_addr'],
      ['6', 'ipv6_addr'],
    ] as const
  ).flatMap(([suffix, type]) => [
    `map ports${suffix} { type inet_proto . inet_service : ${type} . inet_service }`,
    `map ports_on${suffix} { type ifname . inet_proto . inet_service : ${type} . inet_service }`,
    `set publishing${suffix} { type ${type} }`,
    `set open${suffix} { type ${type} . inet_proto . inet_service }`,
    `set open_on${suffix} { type ifname . ${type} . inet_proto . inet_service }`,
    `set open_inside${suffix} { type ${type} . inet_proto . inet_service }`,
    `set itself${suffix} { type ${type} . ${type} }`,
    `set beside${suffix} { type ${type} . ${type} flags interval }`,
  ]),
  'set macs { type ifname . ether_addr; }',
  'set senders4 { type ifname . ether_addr . ipv4_addr; }',
  'set senders6 { type ifname . ether_addr . ipv6_addr; }',
  'set discovered_macs { typeof iifname . @nh,528,48; }',
  'set discovered_targets { typeof iifname . @nh,384,128; }',
];

test('the type of each set is that of what the rules look up in it, and subnets are no intervals', () => {
  const declared = [...RULES.matchAll(/^\t(?:set|map) [^}]*\}/gm)].map(([text]) =>
    text
      .replace(/elements = \{ .* $/m, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
  assert.deepEqual(
    declared.map((text) => text.replace(/ elements = .*$/, ' }')),
    DECLARED,
  );
});

test('a thousand networks have the rules of two, and more elements', () => {
  const many = Array.from({ length: 1000 }, (_, index) => ({
    ...web,
    id: `n${index}`,
    name: `n${index}`,
    interface: `kln${index}`,
    subnets: { ipv4: `10.${index >> 8}.${index & 255}.0/24` as Cidr },
  }));
  const shape = (networks: readonly NetworkIntent[]): ReturnType<typeof shapeOf> =>
    shapeOf(renderFirewall({ networks, published: [] }), 'inet klee');
  const [few, all] = [shape(many.slice(0, 2)), shape(many)];
  const counts = ({ chains }: typeof all): readonly number[] => [...chains.values()];
  assert.deepEqual(counts(all), counts(few));
  assert.equal(all.sets.get('subnets4_24')?.length, 1000);
});

test('the tables are replaced by one text, and what it declares is counted as it is written', () => {
  const lines = RULES.split('\n').filter((line) => /^[^\t]/.test(line));
  assert.deepEqual(lines, [
    'add table inet klee',
    'delete table inet klee',
    'table inet klee {',
    '}',
    'add table bridge klee',
    'flush table bridge klee',
    'table bridge klee {',
    '}',
  ]);
  for (const table of ['inet klee', 'bridge klee'])
    for (const [name, count] of shapeOf(RULES, table).chains)
      assert.equal(count, chain(RULES, name).length, name);
  // Its name has to fit: NFT_NAME_MAXLEN is far, but nft(8) prints it in every message.
  assert.match(RULES, /^\tchain rules_[0-9a-f]{12} \{$/m);
});

test('each table ends with a rule that does nothing, behind which others are seen', () => {
  const last = { inet: /^rules_/, bridge: /^end$/ };
  for (const [family, name] of Object.entries(last)) {
    const [found = '', count] = [...shapeOf(RULES, `${family} klee`).chains].at(-1) ?? [];
    assert.match(found, name);
    assert.equal(count, 1);
    assert.deepEqual(chain(RULES, found), ['return']);
  }
});

test('no name of an interface or network can end its quotes', () => {
  for (const text of ['a"b', 'a\\', 'a\nb']) assert.throws(() => quoted(text), TypeError);
  assert.equal(quoted('kle*'), '"kle*"');
});

test.run();
