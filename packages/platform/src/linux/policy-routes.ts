/**
 * Routes that take precedence over those of the main table, where klee's are: ip-rule(8) may consult other tables
 * first, as VPNs configure it. Pure.
 */
import type { Cidr, HostRoute } from '@kleenet/core';
import { containsCidr, overlaps, prefixLength } from '@kleenet/core';
import type { IpRoute } from '@kleenet/core/linux';
import { asCidr } from '../network/destination.ts';

/** What `ip -j rule show` prints; only what klee looks at. */
export interface IpRule {
  readonly priority: number;
  /** `all`, or an address with the length of its prefix. */
  readonly src: string;
  readonly dst?: string;
  readonly dstlen?: number;
  /** Present for a rule with an inverted selector. */
  readonly not?: null;
  readonly table?: string;
  /** Routes with a prefix of this length or a shorter one are suppressed. */
  readonly suppress_prefixlen?: number;
  /** Instead of a table: `unreachable`, `blackhole`, `prohibit`, … */
  readonly action?: string;
}

/** Selectors of a rule other than the destination: source, mark, interface or port. */
const SOME_PACKETS = [
  'fwmark',
  'iif',
  'oif',
  'uid_start',
  'ipproto',
  'sport',
  'dport',
  'tos',
  'l3mdev',
];

const LEADS_NOWHERE: readonly string[] = ['blackhole', 'unreachable', 'prohibit'];

/** The rules and routes of one family. */
export interface Policy {
  readonly rules: readonly IpRule[];
  readonly routes: readonly IpRoute[];
}

/**
 * The route that packets to a subnet take before the main table is consulted; undefined if the main table decides.
 * Rules with other selectors, such as mark or source, are ignored: whether they match is unknown.
 */
export function policyRoute(subnet: Cidr, { rules, routes }: Policy): HostRoute | undefined {
  const everything = subnet.includes(':') ? '::/0' : '0.0.0.0/0';
  for (const rule of rules.toSorted((a, b) => a.priority - b.priority)) {
    const meant = rule.table === 'local' ? 'none' : meantBy(rule, subnet);
    if (meant === 'none') continue;
    if (rule.table === 'main' && meant === 'all') return undefined;
    if (rule.table === 'main') continue;
    if (LEADS_NOWHERE.includes(rule.action ?? ''))
      return { destination: destinationOf(rule) ?? (everything as Cidr), interface: '' };
    const found = lookUp(subnet, rule, routes, everything as Cidr);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether no routes of other tables matter, as on most hosts. */
export function asksMainFirst(subnet: Cidr, rules: readonly IpRule[]): boolean {
  const first = rules
    .toSorted((a, b) => a.priority - b.priority)
    .find((rule) => rule.table !== 'local' && meantBy(rule, subnet) !== 'none');
  return first?.table === 'main' && meantBy(first, subnet) === 'all';
}

/** The part of the subnet's traffic that a rule matches. */
function meantBy(rule: IpRule, subnet: Cidr): 'all' | 'part' | 'none' {
  const isForSome = rule.src !== 'all' || SOME_PACKETS.some((word) => word in rule);
  const to = destinationOf(rule);
  const all = to === undefined || containsCidr(to, subnet);
  if ('not' in rule) {
    if (isForSome) return 'all';
    return to !== undefined && all ? 'none' : 'all';
  }
  if (isForSome || (to !== undefined && !overlaps(to, subnet))) return 'none';
  return all ? 'all' : 'part';
}

function destinationOf({ dst, dstlen }: IpRule): Cidr | undefined {
  if (dst === undefined || dst === 'all') return undefined;
  return `${dst}/${dstlen ?? (dst.includes(':') ? 128 : 32)}` as Cidr;
}

/** A more specific route within the subnet, or else its longest match, unless that continues the lookup. */
function lookUp(
  subnet: Cidr,
  { table, suppress_prefixlen: suppressed = -1 }: IpRule,
  routes: readonly IpRoute[],
  everything: Cidr,
): HostRoute | undefined {
  const known = routes
    .filter((route) => route.table === table)
    .map((route) => ({ ...route, destination: destinationIn(route.dst, everything) }))
    .filter(({ destination }) => prefixLength(destination) > suppressed);
  const inside = known.find(
    ({ type, destination }) => type !== 'throw' && containsCidr(subnet, destination),
  );
  const [around] = known
    .filter(({ destination }) => containsCidr(destination, subnet))
    .toSorted((a, b) => prefixLength(b.destination) - prefixLength(a.destination));
  const found = inside ?? (around?.type === 'throw' ? undefined : around);
  if (found === undefined || table === undefined) return undefined;
  return { destination: found.destination, interface: found.dev ?? '', table };
}

/** ip(8) calls the whole Internet `default`. */
function destinationIn(dst: string, everything: Cidr): Cidr {
  return dst === 'default' ? everything : asCidr(dst);
}
