/** The notation of pf.conf(5), and how to recognise our ruleset once pf has loaded it. Pure. */
import { sha256 } from '@kleenet/core';
import type { Cidr, Family, IpAddress } from '@kleenet/core';

/** How pf names the address families. */
export const AF: Readonly<Record<Family, string>> = { ipv4: 'inet', ipv6: 'inet6' };

/** By number: a small host may lack the protocol's name in /etc/protocols. */
const ICMP6 = 'proto 58';

/** Neighbour solicitations and advertisements (RFC 4861). */
const DISCOVERY = 'icmp6-type { 135, 136 }';

/** Destinations that no packet is routed to (RFC 4291, 2.5.6 and 2.7). */
export const ON_LINK = '{ fe80::/10, ff02::/16 }';

/**
 * Passes neighbour discovery. pf does not treat an advertisement as the reply to a solicitation, so state would not
 * admit it. It never leaves a link; pf does not compare the hop limit that says so (RFC 4861, 7.1), so where packets are
 * routed the destinations have to be those of the link.
 */
export function passDiscovery(
  where: string,
  { from = 'any', to = 'any' }: { readonly from?: string; readonly to?: string } = {},
): string {
  return `pass ${where} inet6 ${ICMP6} from ${from} to ${to} ${DISCOVERY} no state`;
}

/**
 * An interface name in a rule. A name of letters with a digit is never a keyword of pf.conf(5), besides the address
 * family; any other name may be one.
 */
export function interfaceWord(name: string): string {
  if (/["\\\n]/.test(name)) throw new TypeError(`not an interface name: ${JSON.stringify(name)}`);
  return /^[a-z]+\d[a-z\d]*$/.test(name) && name !== 'inet6' ? name : `"${name}"`;
}

/** A table whose addresses are loaded with the ruleset. */
export function tableLine(name: string, addresses: readonly string[]): string {
  const list = addresses.length === 0 ? '{ }' : `{ ${addresses.join(', ')} }`;
  return `table <${name}> ${list}`;
}

/**
 * A table with the addresses of attached endpoints: pf keeps them when a ruleset without addresses is loaded. It
 * disappears with the last rule that refers to it.
 */
export function openTableLine(name: string): string {
  return `table <${name}>`;
}

/** The table of a network's containers. */
export function networkTable(id: string): string {
  return `klee_${id}`;
}

/** The table of a network's addresses that a running container has lost. */
export function leftTable(id: string): string {
  return `klee_left_${id}`;
}

/** One port, or a range from its first to its last. */
export function portWord([first, last]: readonly [number, number]): string {
  return first === last ? `${first}` : `${first}:${last}`;
}

/** The negation of an address or subnet. */
export function not(what: Cidr | IpAddress): string {
  return `! ${what}`;
}

/** The place where {@link labelled} puts the label of the ruleset: once, on a filter rule that always exists. */
export const LABEL_MARK = 'label $digest';

/**
 * The ruleset with its label. pf rewrites, expands and reorders rules, but never changes a label: so a digest of the
 * text tells whether the loaded rules are the desired ones.
 */
export function labelled(text: string): string {
  return text.replace(LABEL_MARK, `label "${labelOf(text)}"`);
}

/** The label that a ruleset carries; undefined for a text without rules. */
export function labelIn(lines: readonly string[]): string | undefined {
  return lines.map((line) => /\blabel "(klee:[0-9a-f]+)"/.exec(line)?.[1]).find(Boolean);
}

function labelOf(text: string): string {
  return `klee:${sha256(text).slice(0, 12)}`;
}

/** Lines as a text; a file without a final newline is a syntax error to pfctl(8). */
export function linesText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** The lines of a text that are neither empty nor comments. */
export function rulesIn(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}
