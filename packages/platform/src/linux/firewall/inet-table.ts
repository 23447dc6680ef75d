/**
 * The table `inet klee`: routed packets, packets to the host, and translation. Pure.
 *
 * Sets and maps hold everything that grows with the number of ports; rules grow with the number of networks only. The
 * table knows only the containers that publish ports: connecting changes no rule.
 */
import { FAMILIES } from '@kleenet/core';
import type { Cidr, Family, FirewallIntents, NetworkIntent } from '@kleenet/core';
import { NEXT_HOPS } from '../sandbox-plan.ts';
import { PORTS } from './bridge-table.ts';
import { outermost, publishedElements, publishedLinks } from './published.ts';
import { quoted } from './text.ts';
import type { ChainText, SetText } from './text.ts';

/** The links of ipnet containers; see `containerInterface`. */
const CONTAINER_LINKS = '"klc*"';

/** The notation of each family. */
const WORDS = {
  ipv4: { ip: 'ip', type: 'ipv4_addr', suffix: '4' },
  ipv6: { ip: 'ip6', type: 'ipv6_addr', suffix: '6' },
} as const satisfies Record<Family, object>;

/** Neighbour discovery needs these; they never leave a link (RFC 4861, 3.1: the hop limit is 255). */
const NEIGHBOUR_DISCOVERY = 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept';

/**
 * Only replies: packets in a connection's original direction are checked like the first one, so the connection ends
 * with its permission.
 */
const ANSWERS: readonly string[] = [
  'ct state related accept',
  'ct state established ct direction reply accept',
];

export function inetSets(intents: FirewallIntents): readonly SetText[] {
  return [
    { name: 'links', type: 'ifname', interval: true, elements: links(intents) },
    { name: 'published_links', type: 'ifname', elements: publishedLinks(intents).map(quoted) },
    ...FAMILIES.flatMap((family) => familySets(intents, family)),
  ];
}

function familySets(intents: FirewallIntents, family: Family): readonly SetText[] {
  const { type, suffix } = WORDS[family];
  const elements = publishedElements(intents, family);
  const bridges = intents.networks.filter((network) => network.type === 'bridge');
  return [
    { name: `subnets${suffix}`, type, interval: true, elements: ownSubnets(intents, family) },
    {
      name: `bridged${suffix}`,
      type: `ifname . ${type}`,
      interval: true,
      elements: bridges.flatMap((network) =>
        subnetOf(network, family).map((subnet) => `${quoted(network.interface)} . ${subnet}`),
      ),
    },
    {
      name: `ports${suffix}`,
      type: `inet_proto . inet_service : ${type} . inet_service`,
      elements: elements.anywhere,
    },
    {
      name: `ports_on${suffix}`,
      type: `ifname . inet_proto . inet_service : ${type} . inet_service`,
      elements: elements.onInterface,
    },
    { name: `open${suffix}`, type: `${type} . inet_proto . inet_service`, elements: elements.open },
    {
      name: `open_on${suffix}`,
      type: `ifname . ${type} . inet_proto . inet_service`,
      elements: elements.openOnInterface,
    },
    {
      name: `open_inside${suffix}`,
      type: `${type} . inet_proto . inet_service`,
      elements: elements.openInside,
    },
    { name: `itself${suffix}`, type: `${type} . ${type}`, elements: elements.itself },
    {
      name: `beside${suffix}`,
      type: `${type} . ${type}`,
      interval: true,
      elements: elements.beside,
    },
  ];
}

export function inetChains(intents: FirewallIntents): readonly ChainText[] {
  return [
    { name: 'sources', hook: 'filter hook prerouting priority raw', rules: sourceRules() },
    {
      name: 'from_outside',
      hook: 'nat hook prerouting priority dstnat',
      rules: ['fib daddr type local goto ports'],
    },
    // nft(8) 1.0.6 knows the name of this priority in prerouting only. Linux translates nothing from ::1.
    {
      name: 'from_host',
      hook: 'nat hook output priority -100',
      rules: ['ip6 daddr ::1 accept', 'fib daddr type local goto ports'],
    },
    { name: 'ports', rules: FAMILIES.flatMap(portRules) },
    {
      name: 'forward',
      hook: 'filter hook forward priority filter',
      rules: ['iifname @links goto containers', 'oifname @links goto containers'],
    },
    { name: 'containers', rules: containerRules(intents.networks) },
    { name: 'input', hook: 'filter hook input priority filter', rules: inputRules() },
    { name: 'to_host', rules: toHostRules(intents.networks) },
    { name: 'output', hook: 'filter hook output priority filter', rules: outputRules() },
    {
      name: 'nat',
      hook: 'nat hook postrouting priority srcnat',
      rules: natRules(intents.networks),
    },
  ];
}

/**
 * Drops forged source addresses. An ipnet container's link has routes to its own addresses only, so the route back to a
 * source must lead to the incoming link. Senders on a bridge are checked at their port, in the table of family bridge;
 * here, only the bridge itself may deliver its subnet.
 */
function sourceRules(): readonly string[] {
  return [
    'iifname "lo" accept',
    // The host's end of a port does not lead to the host: bridged frames arrive on the bridge, filtered or not.
    `iifname ${PORTS} drop`,
    // With route_localnet, which published ports need, the host would accept these for itself.
    'iifname @links ip daddr 127.0.0.0/8 drop',
    // A packet that says its own way is still for the host when the rules look at its destination (RFC 791, 3.1).
    'iifname @links ip option lsrr exists drop',
    'iifname @links ip option ssrr exists drop',
    `iifname ${CONTAINER_LINKS} fib saddr . iif oif missing drop`,
    `iifname ${CONTAINER_LINKS} accept`,
    ...FAMILIES.map((family) => {
      const { ip, suffix } = WORDS[family];
      return `${ip} saddr @subnets${suffix} iifname . ${ip} saddr != @bridged${suffix} drop`;
    }),
  ];
}

function portRules(family: Family): readonly string[] {
  const { ip, suffix } = WORDS[family];
  return [
    `dnat ${ip} to meta l4proto . th dport map @ports${suffix}`,
    `dnat ${ip} to iifname . meta l4proto . th dport map @ports_on${suffix}`,
  ];
}

/** Packets routed to, from or between containers. Bridged packets also come here if br_netfilter is on. */
function containerRules(networks: readonly NetworkIntent[]): readonly string[] {
  return [
    ...networks.filter(({ icc }) => icc).flatMap(withinRules),
    ...networks.filter(({ icc }) => !icc).flatMap(discoveryRules),
    // Before the replies: no connection from before the network was internal continues.
    ...networks.filter(({ internal }) => internal).flatMap(internalRules),
    ...ANSWERS,
    ...FAMILIES.flatMap(publishedRules),
    'oifname @links drop',
    ...FAMILIES.map((family) => `${WORDS[family].ip} daddr @subnets${WORDS[family].suffix} drop`),
    // A packet without a connection would leave untranslated.
    'ct state invalid drop',
    `iifname ${CONTAINER_LINKS} accept`,
    ...FAMILIES.map((family) => `${WORDS[family].ip} saddr @subnets${WORDS[family].suffix} accept`),
    'drop',
  ];
}

/**
 * Without icc, machines of the user's in a bridge find the containers whose published ports are open to them. What the
 * host routes back into the bridge has lost a hop, and is not discovery (RFC 4861, 7.1).
 */
function discoveryRules(network: NetworkIntent): readonly string[] {
  if (network.type !== 'bridge' || network.subnets.ipv6 === undefined) return [];
  const name = quoted(network.interface);
  return [
    commented(network, `iifname ${name} oifname ${name} ip6 hoplimit 255 ${NEIGHBOUR_DISCOVERY}`),
  ];
}

/** Containers of one network, and on a custom one their neighbours on the user's link. */
function withinRules(network: NetworkIntent): readonly string[] {
  const name = quoted(network.interface);
  const from = network.type === 'custom' ? `iifname { ${CONTAINER_LINKS}, ${name} } ` : '';
  return [
    ...(network.type === 'bridge'
      ? [commented(network, `iifname ${name} oifname ${name} accept`)]
      : []),
    ...inFamilies(
      network,
      ({ ip }, subnet) => `${from}${ip} saddr ${subnet} ${ip} daddr ${subnet} accept`,
    ),
  ];
}

function internalRules(network: NetworkIntent): readonly string[] {
  const name = quoted(network.interface);
  return [
    ...(network.type === 'bridge'
      ? [`iifname ${name} drop`, `oifname ${name} drop`].map((rule) => commented(network, rule))
      : []),
    ...inFamilies(network, ({ ip }, subnet) => `${ip} saddr ${subnet} drop`),
    ...inFamilies(network, ({ ip }, subnet) => `${ip} daddr ${subnet} drop`),
  ];
}

function publishedRules(family: Family): readonly string[] {
  const { ip, suffix } = WORDS[family];
  const port = `${ip} daddr . meta l4proto . th dport`;
  return [
    `${port} @open${suffix} accept`,
    `iifname . ${port} @open_on${suffix} accept`,
    `iifname @links ${port} @open_inside${suffix} accept`,
  ];
}

/** The host's addresses in a network are reachable from that network only. */
function inputRules(): readonly string[] {
  return [
    'iifname "lo" accept',
    'iifname @links goto to_host',
    ...ANSWERS,
    ...FAMILIES.map((family) => `${WORDS[family].ip} daddr @subnets${WORDS[family].suffix} drop`),
  ];
}

/**
 * Packets from containers to the host: it is their gateway, and offers them the services that it offers its neighbours.
 */
function toHostRules(networks: readonly NetworkIntent[]): readonly string[] {
  return [
    ...ANSWERS,
    ...networks.flatMap((network) =>
      inFamilies(network, ({ ip }, subnet) => `${ip} saddr ${subnet} ${ip} daddr ${subnet} accept`),
    ),
    ...FAMILIES.map((family) => `${WORDS[family].ip} daddr @subnets${WORDS[family].suffix} drop`),
    NEIGHBOUR_DISCOVERY,
    ...networks
      .filter(({ internal }) => internal)
      .flatMap((network) => [
        ...(network.type === 'bridge'
          ? [commented(network, `iifname ${quoted(network.interface)} drop`)]
          : []),
        ...inFamilies(network, ({ ip }, subnet) => `${ip} saddr ${subnet} drop`),
      ]),
  ];
}

/**
 * Ports without icc reach each other through the host. It would redirect them to the direct path (RFC 4861, 8.2), which
 * is closed to them.
 */
function outputRules(): readonly string[] {
  return ['oifname @links icmp type redirect drop', 'oifname @links icmpv6 type nd-redirect drop'];
}

/** An address that no host has, and that no route but the default one leads to (RFC 6666). */
const NOWHERE = '100::1';

function natRules(networks: readonly NetworkIntent[]): readonly string[] {
  return [
    // A routed link has no address to masquerade with; the next hop's leads back, and has no other use.
    `ip saddr 127.0.0.0/8 oifname ${CONTAINER_LINKS} snat ip to ${NEXT_HOPS.ipv4}`,
    'ip saddr 127.0.0.0/8 oifname @published_links masquerade',
    `ip saddr . ip daddr @itself4 oifname ${CONTAINER_LINKS} snat ip to ${NEXT_HOPS.ipv4}`,
    // Of the host's own addresses one may be in another network of the container, which would answer it from there.
    `ip6 saddr . ip6 daddr @itself6 oifname ${CONTAINER_LINKS} snat ip6 to ${NOWHERE}`,
    // Through the host to a neighbour on the bridge, which would reply directly. An internal network publishes nothing.
    ...networks
      .filter(({ type, internal }) => type === 'bridge' && !internal)
      .flatMap((network) =>
        inFamilies(
          network,
          ({ ip }, subnet) =>
            `oifname ${quoted(network.interface)} ${ip} saddr ${subnet} ct status dnat masquerade`,
        ),
      ),
    // From another network of the container: it would reply there directly, with an address that its port does not have.
    'ip saddr . ip daddr @beside4 oifname @links masquerade',
    'ip6 saddr . ip6 daddr @beside6 oifname @links masquerade',
    'oifname @links accept',
    ...networks.filter(({ nat, internal }) => nat && !internal).flatMap(masqueradeRules),
  ];
}

function masqueradeRules(network: NetworkIntent): readonly string[] {
  const out = network.natInterface === undefined ? '' : `oifname ${quoted(network.natInterface)} `;
  return inFamilies(
    network,
    ({ ip }, subnet) => `${out}${ip} saddr ${subnet} ${ip} daddr != ${subnet} masquerade`,
  );
}

type Words = (typeof WORDS)[Family];

function inFamilies(
  network: NetworkIntent,
  rule: (words: Words, subnet: Cidr) => string,
): readonly string[] {
  return FAMILIES.flatMap((family) =>
    subnetOf(network, family).map((subnet) => commented(network, rule(WORDS[family], subnet))),
  );
}

function commented({ name }: NetworkIntent, rule: string): string {
  return `${rule} comment ${quoted(`network ${name}`)}`;
}

function subnetOf({ subnets }: NetworkIntent, family: Family): readonly Cidr[] {
  const subnet = subnets[family];
  return subnet === undefined ? [] : [subnet];
}

/** The links of containers: their own, and the bridges. */
function links({ networks }: FirewallIntents): readonly string[] {
  const bridges = networks
    .filter(({ type }) => type === 'bridge')
    .map((network) => network.interface);
  return [CONTAINER_LINKS, ...bridges.filter((name) => !name.startsWith('klc')).map(quoted)];
}

/**
 * Subnets that exist only on this host. That of a custom network is shared with its neighbours, which anyone may reach.
 * Nested ones are omitted, because the kernel refuses overlapping intervals.
 */
function ownSubnets({ networks }: FirewallIntents, family: Family): readonly Cidr[] {
  const own = networks.filter(({ type }) => type !== 'custom');
  return outermost(own.flatMap((network) => subnetOf(network, family)));
}
