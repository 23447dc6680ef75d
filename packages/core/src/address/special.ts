/** The ranges that are not for networks of containers, from RFC 6890 and the standards that it collects. */
import { prefixLength, spanOf } from './cidr.ts';
import { familyOf } from './ip.ts';
import type { Cidr } from './types.ts';

/** A range, what it is for, and the standard that says so. */
interface SpecialRange {
  readonly cidr: Cidr;
  /** Completes "it is in 240.0.0.0/4, which is …". */
  readonly use: string;
}

/**
 * Link-local IPv4 is among them as a whole: routers do not forward it (RFC 3927, 2.7), FreeBSD obeys that, and 169.254.1.1
 * is the next hop of routed containers. IPv4-mapped and IPv4-compatible addresses mean IPv4 to sockets, whatever
 * interface has them.
 */
const SPECIAL_RANGES: readonly SpecialRange[] = [
  range('0.0.0.0/8', 'for "this host on this network" (RFC 1122, 3.2.1.3)'),
  range('127.0.0.0/8', "the loopback interface's (RFC 1122, 3.2.1.3)"),
  range('169.254.0.0/16', 'for link-local addresses (RFC 3927)'),
  range('224.0.0.0/4', 'for multicast (RFC 5771)'),
  range('240.0.0.0/4', 'reserved (RFC 1112, 4), with the broadcast address'),
  range('::/128', 'the unspecified address (RFC 4291, 2.5.2)'),
  range('::1/128', "the loopback interface's (RFC 4291, 2.5.3)"),
  range('::/96', 'for IPv4-compatible addresses (RFC 4291, 2.5.5.1)'),
  range('::ffff:0.0.0.0/96', 'for IPv4-mapped addresses (RFC 4291, 2.5.5.2)'),
  range('fe80::/10', 'for link-local addresses (RFC 4291, 2.5.6)'),
  range('ff00::/8', 'for multicast (RFC 4291, 2.7)'),
];

function range(cidr: string, use: string): SpecialRange {
  return { cidr: cidr as Cidr, use };
}

/** The range that a subnet lies in, or else the first that it has a part of; undefined when it meets none. */
export function specialRangeOf(subnet: Cidr): SpecialRange | undefined {
  const met = SPECIAL_RANGES.filter(({ cidr }) => meets(cidr, subnet));
  return met.find(({ cidr }) => prefixLength(cidr) <= prefixLength(subnet)) ?? met[0];
}

function meets(a: Cidr, b: Cidr): boolean {
  if (familyOf(a) !== familyOf(b)) return false;
  const [one, other] = [spanOf(a), spanOf(b)];
  return one.first <= other.last && other.first <= one.last;
}
