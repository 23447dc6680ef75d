/** The table `bridge klee`: drops frames from ports of a bridge with forged source addresses. Pure. */
import type { ChainText } from './text.ts';

/** The host's ends of containers with their own interface; see `hostInterface` of @kleenet/core/linux. */
export const PORTS = '"kle*"';

/** 01:80:c2:00:00:00 to 0f, which a bridge keeps to itself (IEEE 802.1D, 7.12.6). Ours forwards 03 to 0f to the rules. */
const LINK_LOCAL = 'ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00';

/**
 * The positions of the target and of the first option's MAC address in neighbour discovery, in bits (RFC 4861, 4.3 and
 * 4.4).
 */
const DISCOVERED = { target: '@nh,384,128', mac: '@nh,528,48' } as const;

/** The sets with the permitted senders by name, as they are declared. */
const SETS: Readonly<Record<string, string>> = {
  macs: 'type ifname . ether_addr',
  senders4: 'type ifname . ether_addr . ipv4_addr',
  senders6: 'type ifname . ether_addr . ipv6_addr',
  discovered_macs: `typeof iifname . ${DISCOVERED.mac}`,
  discovered_targets: `typeof iifname . ${DISCOVERED.target}`,
};

/** Declares the sets inside their table; harmless if they exist. */
export function senderSetLines(): readonly string[] {
  return Object.entries(SETS).map(([name, type]) => `\tset ${name} { ${type}; }`);
}

export function bridgeChains(): readonly ChainText[] {
  return [
    {
      name: 'from_ports',
      hook: 'filter hook prerouting priority -250',
      rules: [`iifname ${PORTS} goto senders`],
    },
    {
      name: 'to_ports',
      hook: 'filter hook input priority -250',
      // The host's end has no services: frames for the port itself have no receiver.
      rules: [`iifname ${PORTS} ${LINK_LOCAL} drop`],
    },
    { name: 'senders', rules: SENDER_RULES },
    { name: 'packets4', rules: IPV4_RULES },
    { name: 'packets6', rules: IPV6_RULES },
    { name: 'resolution', rules: RESOLUTION_RULES },
    { name: 'discovery', rules: DISCOVERY_RULES },
  ];
}

/**
 * Other frames are dropped: a container has no other protocols, and no tags. The type is read in the frame, since to
 * some of the rules below tagged frames look like their payload, and to others not. Most frames are for one receiver,
 * and the first rule compares no address of theirs.
 */
const SENDER_RULES: readonly string[] = [
  `meta pkttype multicast ${LINK_LOCAL} drop`,
  'ether type ip goto packets4',
  'ether type ip6 goto packets6',
  'ether type arp goto resolution',
  'drop',
];

/** Of both versions over both families: a socket of IPv6 may take what was meant for one of IPv4. */
const DHCP_ANSWERS = 'udp sport { 67, 547 } udp dport { 68, 546 } drop';

/** What a frame must not carry is told by fixed bytes; whether its sender is permitted, by one look-up. */
const IPV4_RULES: readonly string[] = [
  // Containers must not act as routers or DHCP servers for their neighbours.
  'icmp type { redirect, router-advertisement } drop',
  DHCP_ANSWERS,
  'iifname . ether saddr . ip saddr @senders4 accept',
  'drop',
];

/** The extension headers of IPv6 that the kernel knows, by number: a small host may lack their names. */
const EXTENSIONS = '{ 0, 43, 44, 51, 60 }';

const IPV6_RULES: readonly string[] = [
  'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } goto discovery',
  'icmpv6 type { nd-router-advert, nd-redirect } drop',
  DHCP_ANSWERS,
  // The rules above cannot read what a packet is if headers behind the fragment header move that into a later fragment
  // (RFC 7112). Directly behind it there are at least eight bytes, as in IPv4.
  `frag nexthdr ${EXTENSIONS} drop`,
  'iifname . ether saddr . ip6 saddr @senders6 accept',
  'drop',
];

/** The frame itself must come from the port's card, besides what it says of senders. */
const OWN_CARD = 'iifname . ether saddr != @macs drop';

/** Requests and replies for Ethernet and IPv4 (RFC 826): the rules that follow read addresses at their places. */
const ARP_HEAD = '@nh,0,64 != { 0x1080006040001, 0x1080006040002 }';

const RESOLUTION_RULES: readonly string[] = [
  OWN_CARD,
  `${ARP_HEAD} drop`,
  'iifname . arp saddr ether . arp saddr ip @senders4 accept',
  // A probe for duplicates has no source address (RFC 5227, 2.1.1), and ends the configuration of whoever has that one.
  'arp saddr ip 0.0.0.0 iifname . arp saddr ether . arp daddr ip @senders4 accept',
  'drop',
];

/**
 * The offsets are those of a message without extension headers and with at most one option, a MAC address. A message
 * without it is too short for the second rule to apply.
 */
const DISCOVERY_RULES: readonly string[] = [
  OWN_CARD,
  'ip6 nexthdr != ipv6-icmp drop',
  'ip6 length > 32 drop',
  `iifname . ${DISCOVERED.mac} != @discovered_macs drop`,
  `icmpv6 type nd-neighbor-advert iifname . ${DISCOVERED.target} != @discovered_targets drop`,
  // A container must not claim another's address during duplicate address detection (RFC 4862, 5.4).
  `icmpv6 type nd-neighbor-solicit ip6 saddr :: iifname . ${DISCOVERED.target} @discovered_targets accept`,
  'iifname . ether saddr . ip6 saddr @senders6 accept',
  'drop',
];
