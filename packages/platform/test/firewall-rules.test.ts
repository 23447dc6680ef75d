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
const ANSWERS = ['ct state related accept', 'ct state established ct direction reply accept'];
const DISCOVERY = 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept';

test('the host takes nothing from ports, nothing for its loopback, and no sender of elsewhere', () => {
  assert.deepEqual(chain(RULES, 'sources'), [
    'iifname "lo" accept',
    'iifname "kle*" drop',
    'iifname @links ip daddr 127.0.0.0/8 drop',
    'iifname @links ip option lsrr exists drop',
    'iifname @links ip option ssrr exists drop',
    'iifname "klc*" fib saddr . iif oif missing drop',
    'iifname "klc*" accept',
    'ip saddr @subnets4 iifname . ip saddr != @bridged4 drop',
    'ip6 saddr @subnets6 iifname . ip6 saddr != @bridged6 drop',
  ]);
});

test('all that is routed from or to containers is looked at, and dropped where nothing allows it', () => {
  assert.deepEqual(chain(RULES, 'forward'), [
    'iifname @links goto containers',
    'oifname @links goto containers',
  ]);
  assert.deepEqual(chain(RULES, 'containers'), [
    'iifname "kln1" oifname "kln1" accept comment "network web"',
    'ip saddr 10.1.0.0/24 ip daddr 10.1.0.0/24 accept comment "network web"',
    'ip6 saddr fd01::/64 ip6 daddr fd01::/64 accept comment "network web"',
    'iifname "kln2" oifname "kln2" accept comment "network inner"',
    'ip saddr 10.2.0.0/24 ip daddr 10.2.0.0/24 accept comment "network inner"',
    'iifname "kln2" drop comment "network inner"',
    'oifname "kln2" drop comment "network inner"',
    'ip saddr 10.2.0.0/24 drop comment "network inner"',
    'ip daddr 10.2.0.0/24 drop comment "network inner"',
    ...ANSWERS,
    'ip daddr . meta l4proto . th dport @open4 accept',
    'iifname . ip daddr . meta l4proto . th dport @open_on4 accept',
    'iifname @links ip daddr . meta l4proto . th dport @open_inside4 accept',
    'ip6 daddr . meta l4proto . th dport @open6 accept',
    'iifname . ip6 daddr . meta l4proto . th dport @open_on6 accept',
    'iifname @links ip6 daddr . meta l4proto . th dport @open_inside6 accept',
    'oifname @links drop',
    'ip daddr @subnets4 drop',
    'ip6 daddr @subnets6 drop',
    'ct state invalid drop',
    'iifname "klc*" accept',
    'ip saddr @subnets4 accept',
    'ip6 saddr @subnets6 accept',
    'drop',
  ]);
});

test('the host is reached by each network at its own gateway, and at none by an internal one from elsewhere', () => {
  assert.deepEqual(chain(RULES, 'input'), [
    'iifname "lo" accept',
    'iifname @links goto to_host',
    ...ANSWERS,
    'ip daddr @subnets4 drop',
    'ip6 daddr @subnets6 drop',
  ]);
  assert.deepEqual(chain(RULES, 'to_host'), [
    ...ANSWERS,
    'ip saddr 10.1.0.0/24 ip daddr 10.1.0.0/24 accept comment "network web"',
    'ip6 saddr fd01::/64 ip6 daddr fd01::/64 accept comment "network web"',
    'ip saddr 10.2.0.0/24 ip daddr 10.2.0.0/24 accept comment "network inner"',
    'ip daddr @subnets4 drop',
    'ip6 daddr @subnets6 drop',
    DISCOVERY,
    'iifname "kln2" drop comment "network inner"',
    'ip saddr 10.2.0.0/24 drop comment "network inner"',
  ]);
});

test('the host redirects no container past itself', () => {
  assert.deepEqual(chain(RULES, 'output'), [
    'oifname @links icmp type redirect drop',
    'oifname @links icmpv6 type nd-redirect drop',
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
    'oifname "kln1" ip saddr 10.1.0.0/24 ct status dnat masquerade comment "network web"',
    'oifname "kln1" ip6 saddr fd01::/64 ct status dnat masquerade comment "network web"',
    'ip saddr . ip daddr @beside4 oifname @links masquerade',
    'ip6 saddr . ip6 daddr @beside6 oifname @links masquerade',
    'oifname @links accept',
    'ip saddr 10.1.0.0/24 ip daddr != 10.1.0.0/24 masquerade comment "network web"',
    'ip6 saddr fd01::/64 ip6 daddr != fd01::/64 masquerade comment "network web"',
  ]);
});

test('a port sends untagged ARP, IPv4 and IPv6 of its own addresses, and answers for nobody else', () => {
  assert.deepEqual(chain(RULES, 'from_ports'), ['iifname "kle*" goto senders']);
  assert.deepEqual(chain(RULES, 'to_ports'), [
    'iifname "kle*" ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop',
  ]);
  assert.deepEqual(chain(RULES, 'senders'), [
    'ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop',
    'ether type != { arp, ip, ip6 } drop',
    'iifname . ether saddr != @macs drop',
    'ether type arp goto resolution',
    'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } goto discovery',
    'icmpv6 type { nd-router-advert, nd-redirect } drop',
    'icmp type { redirect, router-advertisement } drop',
    'udp sport { 67, 547 } udp dport { 68, 546 } drop',
    'frag nexthdr { 0, 43, 44, 51, 60 } drop',
    'iifname . ether saddr . ip saddr @senders4 accept',
    'iifname . ether saddr . ip6 saddr @senders6 accept',
    'drop',
  ]);
  assert.deepEqual(chain(RULES, 'resolution'), [
    '@nh,0,64 != { 0x1080006040001, 0x1080006040002 } drop',
    'iifname . arp saddr ether . arp saddr ip @senders4 accept',
    'arp saddr ip 0.0.0.0 iifname . arp saddr ether . arp daddr ip @senders4 accept',
    'drop',
  ]);
  assert.deepEqual(chain(RULES, 'discovery'), [
    'ip6 nexthdr != ipv6-icmp drop',
    'ip6 length > 32 drop',
    'iifname . @nh,528,48 != @discovered_macs drop',
    'icmpv6 type nd-neighbor-advert iifname . @nh,384,128 != @discovered_targets drop',
    'icmpv6 type nd-neighbor-solicit ip6 saddr :: iifname . @nh,384,128 @discovered_targets accept',
    'iifname . ether saddr . ip6 saddr @senders6 accept',
    'drop',
  ]);
});

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
  for (const name of ['ports', 'containers', 'to_host', 'senders', 'resolution', 'discovery'])
    assert.equal(hookOf(RULES, name), undefined, name);
});

/** Sets and maps without their elements, as they are declared. */
const DECLARED = [
  'set links { type ifname flags interval }',
  'set published_links { type ifname }',
  ...(
    [
      ['4', 'ipv4_addr'],
      ['6', 'ipv6_addr'],
    ] as const
  ).flatMap(([suffix, type]) => [
    `set subnets${suffix} { type ${type} flags interval }`,
    `set bridged${suffix} { type ifname . ${type} flags interval }`,
    `map ports${suffix} { type inet_proto . inet_service : ${type} . inet_service }`,
    `map ports_on${suffix} { type ifname . inet_proto . inet_service : ${type} . inet_service }`,
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

test('the type of each set is that of what the rules look up in it, and names and prefixes are intervals', () => {
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
