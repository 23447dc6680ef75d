/** Translation: published ports, and the addresses of packets that leave. Pure. */
import type { Family, NetworkIntent } from '@kleenet/core';
import { NEXT_HOPS } from '../sandbox-plan.ts';
import { CONTAINER_LINKS, toLinks } from './links.ts';
import { lookedUp } from './subnets.ts';
import { WORDS } from './text.ts';

/** Published ports of the host lead to their container. */
export function portRules(family: Family): readonly string[] {
  const { ip, suffix } = WORDS[family];
  return [
    `dnat ${ip} to meta l4proto . th dport map @ports${suffix}`,
    `dnat ${ip} to iifname . meta l4proto . th dport map @ports_on${suffix}`,
  ];
}

/** An address that no host has, and that no route but the default one leads to (RFC 6666). */
const NOWHERE = '100::1';

/** The kernel asks these once for each connection. */
export function natRules(networks: readonly NetworkIntent[]): readonly string[] {
  return [
    // A routed link has no address to masquerade with; the next hop's leads back, and has no other use.
    `ip saddr 127.0.0.0/8 oifname ${CONTAINER_LINKS} snat ip to ${NEXT_HOPS.ipv4}`,
    'ip saddr 127.0.0.0/8 oifname @published_links masquerade',
    `ip saddr . ip daddr @itself4 oifname ${CONTAINER_LINKS} snat ip to ${NEXT_HOPS.ipv4}`,
    // Of the host's own addresses one may be in another network of the container, which would answer it from there.
    `ip6 saddr . ip6 daddr @itself6 oifname ${CONTAINER_LINKS} snat ip6 to ${NOWHERE}`,
    // Through the host to a neighbour on the bridge, which would reply directly.
    ...lookedUp(
      networks,
      'hairpin',
      ({ from, set }) => `ct status dnat oifname . ${from} ${set('hairpin')} masquerade`,
    ),
    // From another network of the container, which has a bridge: it would reply there directly, with an address that
    // its port does not have.
    'ip saddr . ip daddr @beside4 oifname @bridges masquerade',
    'ip6 saddr . ip6 daddr @beside6 oifname @bridges masquerade',
    ...toLinks('accept'),
    ...lookedUp(
      networks,
      'nat',
      ({ from, to, set }) => `${from} ${set('nat')} ${from} . ${to} != ${set('same')} masquerade`,
    ),
    ...lookedUp(
      networks,
      'nat_on',
      ({ from, to, set }) =>
        `oifname . ${from} ${set('nat_on')} ${from} . ${to} != ${set('same')} masquerade`,
    ),
  ];
}
