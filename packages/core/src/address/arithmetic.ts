/**
 * Addresses and subnets as numbers. The only file that calls cidr-tools, which accepts nonsense such as 1.2.3.999:
 * every text that comes here has been checked.
 */
import { normalizeCidr, parseCidr } from 'cidr-tools';
import type { Cidr, Family, IpAddress } from './types.ts';

/** How many bits an address has. */
export const ADDRESS_BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };

/** The highest address of each family. */
export const LAST_ADDRESS: Readonly<Record<Family, bigint>> = {
  ipv4: (1n << 32n) - 1n,
  ipv6: (1n << 128n) - 1n,
};

/** ::ffff:0:0/96, the IPv4-mapped addresses (RFC 4291 2.5.5.2). */
const MAPPED = 0xffffn << 32n;
const LOW_32_BITS = 0xffff_ffffn;

/** The number of a checked address. */
export function numberOf(text: string): bigint {
  return text.includes(':') ? parseCidr(text).start : BigInt(numberOfQuad(text));
}

/** Without cidr-tools: a host with hundreds of networks has hundreds of addresses, and each is compared. */
function numberOfQuad(text: string): number {
  return text.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

/** How many subnets are remembered: those of a host with many networks, each of which is compared several times. */
const REMEMBERED = 10_000;

const bounds = new Map<string, readonly [first: bigint, last: bigint]>();

/** First and last number of a checked subnet. */
export function boundsOf(cidr: string): readonly [first: bigint, last: bigint] {
  const known = bounds.get(cidr);
  if (known !== undefined) return known;
  const read = readBounds(cidr);
  if (bounds.size >= REMEMBERED) bounds.clear();
  bounds.set(cidr, read);
  return read;
}

function readBounds(cidr: string): readonly [first: bigint, last: bigint] {
  if (cidr.includes(':')) {
    const { start, end } = parseCidr(cidr);
    return [start, end];
  }
  const [address = '', prefix = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(prefix));
  const number = numberOfQuad(address);
  const first = number - (number % size);
  return [BigInt(first), BigInt(first + size - 1)];
}

/** Whether two checked subnets have an address in common; false when the families differ. */
export function overlap(a: Cidr, b: Cidr): boolean {
  if (a.includes(':') !== b.includes(':')) return false;
  const [[first, last], [from, to]] = [boundsOf(a), boundsOf(b)];
  return first <= to && from <= last;
}

/** Whether a checked subnet holds all addresses of a checked subnet or address. */
export function encloses(outer: Cidr, inner: Cidr | IpAddress): boolean {
  if (outer.includes(':') !== inner.includes(':')) return false;
  const [[first, last], [from, to]] = [boundsOf(outer), boundsOf(inner)];
  return first <= from && to <= last;
}

/**
 * The canonical text of a number within the family's bounds. RFC 5952 for IPv6: lower case, no leading zeros, `::` for
 * the first longest run of at least two zero groups, and by its section 5 the dotted quad in an IPv4-mapped address.
 */
export function textOf(family: Family, number: bigint): string {
  if (family === 'ipv4') return dottedQuad(number);
  if (number >> 32n === MAPPED >> 32n) return `::ffff:${dottedQuad(number & LOW_32_BITS)}`;
  const digits = number.toString(16).padStart(32, '0');
  return normalizeCidr(digits.replace(/....(?=.)/g, '$&:'));
}

function dottedQuad(number: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 0xffn).join('.');
}
