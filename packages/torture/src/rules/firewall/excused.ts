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
    / chain output: icmp(v6)? type (nd-)?redirect jump to_links$/,
    'the kernel redirects one sender a few times only and then pauses for 20 seconds; the questions before use that up',
  ],
  [
    /: nd-neighbor-advert of .*icmpv6 type /,
    'a neighbour may answer from its link-local address (RFC 4861, 4.4); those in this scenario answer from the address asked for',
  ],
];

/** The same for single lines, since others of their kind have their packets. */
const EXCUSED_LINES: typeof EXCUSED = [
  [
    /set same[46]_\d+: (10\.77\.|fd77:)5[.:]/,
    'a network of klee may overlap that of the user, who insists on it (--allow-overlap), and closes its addresses of the host',
  ],
];

export function reasonFor({ kind, name }: Line): string | undefined {
  const known = EXCUSED.find(([pattern]) => pattern.test(kind));
  return (known ?? EXCUSED_LINES.find(([pattern]) => pattern.test(name)))?.[1];
}
