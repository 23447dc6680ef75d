/** Lines that no packet needs, and why they are there all the same. */
import type { Line } from './lines.ts';

const EXCUSED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /chain (end|rules_VERSION): return$/,
    'nothing jumps there: the name of the chain tells which rules are loaded, and its rule has the last handle',
  ],
  [
    /set published_links: "klc…"$/,
    'the rule before has translated already; the set also names the links that get the setting route_localnet',
  ],
  [
    / chain output: oifname @links icmp(v6)? type (nd-)?redirect drop$/,
    'the kernel redirects one sender a few times only and then pauses for 20 seconds; the questions before use that up',
  ],
  [
    /: nd-neighbor-advert of .*icmpv6 type /,
    'a neighbour may answer from its link-local address (RFC 4861, 4.4); those in this scenario answer from the address asked for',
  ],
];

export function reasonFor({ kind }: Line): string | undefined {
  return EXCUSED.find(([pattern]) => pattern.test(kind))?.[1];
}
