/**
 * The table `inet klee`: routed packets, packets to the host, and translation. Pure.
 *
 * Sets and maps hold everything that grows with the number of networks and ports, and a packet is looked up in them:
 * the rules are as many for a thousand networks as for one of each kind. The table knows only the containers that
 * publish ports: connecting changes no rule.
 */
import { FAMILIES } from '@kleenet/core';
import type { Family, FirewallIntents, NetworkIntent } from '@kleenet/core';
import { PORTS } from './bridge-table.ts';
import { internalChains } from './internal.ts';
import { bridgeSets, CONTAINER_LINKS, fromLinks, ofBridges, toLinks } from './links.ts';
import { publishedLinks, publishedSets } from './published.ts';
import { lookedUp, subnetSets } from './subnets.ts';
import { quoted, WORDS } from './text.ts';
import type { ChainText, SetText } from './text.ts';
import { natRules, portRules } from './translation.ts';

/** Neighbour discovery needs these; they never leave a link (RFC 4861, 3.1: the hop limit is 255). */
const NEIGHBOUR_DISCOVERY = 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept';

/**
 * Only replies: packets in a connection's original direction are checked like the first one, so the connection ends
 * with its permission.
 */
const ANSWERS: readonly string[] = [
  'ct state established ct direction reply accept',
  'ct state related accept',
];

export function inetSets(intents: FirewallIntents): readonly SetText[] {
  return [
    ...bridgeSets(intents.networks),
    { name: 'published_links', type: 'ifname', elements: publishedLinks(intents).map(quoted) },
    ...subnetSets(intents.networks),
    ...FAMILIES.flatMap((family) => publishedSets(intents, family)),
  ];
}

export function inetChains({ networks }: FirewallIntents): readonly ChainText[] {
  return [
    { name: 'sources', hook: 'filter hook prerouting priority raw', rules: sourceRules(networks) },
    { name: 'options', rules: OPTION_RULES },
    { name: 'routed', rules: ['fib saddr . iif oif missing drop'] },
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
      rules: forwardRules(networks),
    },
    { name: 'containers', rules: containerRules(networks) },
    ...internalChains(networks),
    { name: 'within', rules: withinRules(networks) },
    { name: 'published', rules: FAMILIES.flatMap(publishedRules) },
    { name: 'input', hook: 'filter hook input priority filter', rules: inputRules(networks) },
    { name: 'to_host', rules: toHostRules(networks) },
    { name: 'output', hook: 'filter hook output priority filter', rules: OUTPUT_RULES },
    { name: 'from_links', rules: fromLinks('drop') },
    { name: 'to_links', rules: toLinks('drop') },
    { name: 'nat', hook: 'nat hook postrouting priority srcnat', rules: natRules(networks) },
  ];
}

/**
 * Drops forged source addresses. An ipnet container's link has routes to its own addresses only, so the route back to a
 * source must lead to the incoming link. Senders on a bridge are checked at their port, in the table of family bridge;
 * here, only the bridge itself may deliver its subnet.
 */
function sourceRules(networks: readonly NetworkIntent[]): readonly string[] {
  return [
    // With route_localnet, which published ports need, the host would accept these for itself.
    'ip daddr 127.0.0.0/8 jump from_links',
    'ip hdrlength > 5 jump options',
    `iifname ${CONTAINER_LINKS} goto routed`,
    ...lookedUp(
      networks,
      'bridged',
      ({ from, set }) => `iifname . ${from} ${set('bridged')} accept`,
    ),
    'iifname "lo" accept',
    // The host's end of a port does not lead to the host: bridged frames arrive on the bridge, filtered or not.
    `iifname ${PORTS} drop`,
    ...lookedUp(networks, 'subnets', ({ from, set }) => `${from} ${set('subnets')} drop`),
  ];
}

/** A packet that says its own way is still for the host when the rules look at its destination (RFC 791, 3.1). */
const OPTION_RULES: readonly string[] = [
  'ip option lsrr exists jump from_links',
  'ip option ssrr exists jump from_links',
];

/** Bridged packets also come here if br_netfilter is on. Where containers reach each other, one look-up accepts them. */
function forwardRules(networks: readonly NetworkIntent[]): readonly string[] {
  return [
    ...ofBridges(networks, 'icc_bridges', 'iifname . oifname @icc_bridges accept'),
    ...fromLinks('goto containers'),
    ...toLinks('goto containers'),
  ];
}

/** Packets routed to, from or between containers, and bridged ones that are not accepted yet. */
function containerRules(networks: readonly NetworkIntent[]): readonly string[] {
  return [
    // Before the replies: no connection from before the network was internal continues.
    ...ofBridges(
      networks,
      'internal_bridges',
      'iifname vmap @internal_bridges',
      'oifname vmap @internal_bridges',
    ),
    ...lookedUp(networks, 'internal', ({ from, set }) => `${from} vmap ${set('internal')}`),
    ...lookedUp(networks, 'internal', ({ to, set }) => `${to} vmap ${set('internal')}`),
    ...ANSWERS,
    'jump within',
    ...FAMILIES.map((family) => {
      const { ip, suffix } = WORDS[family];
      return `${ip} daddr @publishing${suffix} jump published`;
    }),
    'jump to_links',
    ...lookedUp(networks, 'subnets', ({ to, set }) => `${to} ${set('subnets')} drop`),
    // A packet without a connection would leave untranslated.
    'ct state invalid drop',
    `iifname ${CONTAINER_LINKS} accept`,
    ...lookedUp(networks, 'subnets', ({ from, set }) => `${from} ${set('subnets')} accept`),
    'drop',
  ];
}

/** Containers of one network, and on a custom one their neighbours on the user's link. */
function withinRules(networks: readonly NetworkIntent[]): readonly string[] {
  return [
    ...lookedUp(networks, 'icc', ({ from, to, set }) => `${from} . ${to} ${set('icc')} accept`),
    ...lookedUp(
      networks,
      'icc_custom',
      ({ from, to, set }) =>
        `iifname ${CONTAINER_LINKS} ${from} . ${to} ${set('icc_custom')} accept`,
    ),
    ...lookedUp(
      networks,
      'icc_on',
      ({ from, to, set }) => `iifname . ${from} . ${to} ${set('icc_on')} accept`,
    ),
    // Without icc, machines of the user's in a bridge find the containers whose published ports are open to them. What
    // the host routes back into the bridge has lost a hop, and is not discovery (RFC 4861, 7.1).
    ...ofBridges(
      networks,
      'apart_bridges',
      `iifname . oifname @apart_bridges ip6 hoplimit 255 ${NEIGHBOUR_DISCOVERY}`,
    ),
  ];
}

function publishedRules(family: Family): readonly string[] {
  const { ip, suffix } = WORDS[family];
  const port = `${ip} daddr . meta l4proto . th dport`;
  return [
    `${port} @open${suffix} accept`,
    `iifname . ${port} @open_on${suffix} accept`,
    ...fromLinks(`${port} @open_inside${suffix} accept`),
  ];
}

/** The host's addresses in a network are reachable from that network only. */
function inputRules(networks: readonly NetworkIntent[]): readonly string[] {
  return [
    'iifname "lo" accept',
    ...ANSWERS,
    ...fromLinks('goto to_host'),
    ...lookedUp(networks, 'subnets', ({ to, set }) => `${to} ${set('subnets')} drop`),
  ];
}

/**
 * Packets from containers to the host: it is their gateway, and offers them the services that it offers its neighbours.
 */
function toHostRules(networks: readonly NetworkIntent[]): readonly string[] {
  return [
    ...lookedUp(networks, 'same', ({ from, to, set }) => `${from} . ${to} ${set('same')} accept`),
    ...lookedUp(networks, 'subnets', ({ to, set }) => `${to} ${set('subnets')} drop`),
    NEIGHBOUR_DISCOVERY,
    ...ofBridges(networks, 'internal_bridges', 'iifname vmap @internal_bridges'),
    ...lookedUp(networks, 'internal', ({ from, set }) => `${from} vmap ${set('internal')}`),
  ];
}

/**
 * Ports without icc reach each other through the host. It would redirect them to the direct path (RFC 4861, 8.2), which
 * is closed to them.
 */
const OUTPUT_RULES: readonly string[] = [
  'icmp type redirect jump to_links',
  'icmpv6 type nd-redirect jump to_links',
];
