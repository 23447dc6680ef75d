/** The table `bridge klee`: nobody behind a port of a bridge sends with an address that is not theirs. Pure. */
import { DISCOVERED } from './sender-sets.ts';
import type { ChainText } from './text.ts';

/** The host's ends of containers with an interface of their own; see `endpointInterface`. */
export const PORTS = '"kle*"';

/** 01:80:c2:00:00:00 to 0f, which a bridge hands to its port past its prerouting rules (IEEE 802.1D, 7.12.6). */
const LINK_LOCAL = 'ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00';

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
      // Nobody lives at the host's end: what is for the port itself is for nobody.
      rules: [`iifname ${PORTS} ${LINK_LOCAL} drop`],
    },
    { name: 'senders', rules: SENDER_RULES },
    { name: 'discovery', rules: DISCOVERY_RULES },
  ];
}

/**
 * What is not listed is dropped: a container has no other protocols. Tagged frames go first, by the type that stands in
 * the frame: to some of the rules below they look like what they carry, and to others not.
 */
const SENDER_RULES: readonly string[] = [
  'ether type != { arp, ip, ip6 } drop',
  'iifname . ether saddr != @macs drop',
  'ether type arp iifname . arp saddr ether . arp saddr ip @senders4 accept',
  // A probe for duplicates asks from no address (RFC 5227, 2.1.1).
  'ether type arp arp saddr ip 0.0.0.0 iifname . arp saddr ether @macs accept',
  'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } goto discovery',
  // Containers are neither routers nor DHCP servers to their neighbours.
  'icmpv6 type { nd-router-advert, nd-redirect } drop',
  'udp sport { 67, 547 } udp dport { 68, 546 } drop',
  'iifname . ether saddr . ip saddr @senders4 accept',
  'iifname . ether saddr . ip6 saddr @senders6 accept',
  'drop',
];

/**
 * The offsets are those of a message without extension headers and with at most one option, a MAC address. A message
 * without it is too short for the second rule to apply.
 */
const DISCOVERY_RULES: readonly string[] = [
  'ip6 nexthdr != ipv6-icmp drop',
  'ip6 length > 32 drop',
  `iifname . ${DISCOVERED.mac} != @discovered_macs drop`,
  `icmpv6 type nd-neighbor-advert iifname . ${DISCOVERED.target} != @discovered_targets drop`,
  // Nobody may claim another's address in their search for duplicates (RFC 4862, 5.4).
  `ip6 saddr :: iifname . ${DISCOVERED.target} @discovered_targets accept`,
  'iifname . ether saddr . ip6 saddr @senders6 accept',
  'drop',
];
