/** Addresses as the kernel compares them, and as programs print them. Pure. */
import { isIP } from 'node:net';
import type { Family } from '@kleenet/core';

export const ADDRESS_BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };

/** The canonical text of an address, or undefined for other text. */
export function parseAddress(text: string): string | undefined {
  const version = text.includes('%') ? 0 : isIP(text);
  if (version === 0) return undefined;
  // A URL writes an IPv6 address as inet_ntop(3) does: lower case, the longest run of zeros as `::`.
  return version === 4 ? text : new URL(`http://[${text}]`).hostname.slice(1, -1);
}

export interface AddressWithPrefix {
  readonly family: Family;
  readonly address: string;
  readonly prefix: number;
}

/** `ADDRESS/PREFIX`. */
export function parseWithPrefix(text: string): AddressWithPrefix {
  const [plain = '', prefix = ''] = text.split('/');
  const address = parseAddress(plain) ?? plain;
  return { family: familyOf(address), address, prefix: Number(prefix) };
}

export function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** The number of a canonical address. */
export function toNumber(address: string): bigint {
  if (familyOf(address) === 'ipv4') {
    return address.split('.').reduce((number, octet) => (number << 8n) | BigInt(octet), 0n);
  }
  const [head = '', tail] = address.split('::');
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = Array<bigint>(8 - before.length - after.length).fill(0n);
  return [...before, ...zeros, ...after].reduce((number, group) => (number << 16n) | group, 0n);
}

function groups(text: string): bigint[] {
  return text === '' ? [] : text.split(':').map((group) => BigInt(`0x${group}`));
}

export function fromNumber(family: Family, number: bigint): string {
  if (family === 'ipv4') {
    return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 0xffn).join('.');
  }
  const digits = number.toString(16).padStart(32, '0');
  return parseAddress(digits.replace(/....(?=.)/g, '$&:')) ?? '::';
}

export function maskOf(family: Family, prefix: number): bigint {
  const bits = BigInt(ADDRESS_BITS[family]);
  return ((1n << BigInt(prefix)) - 1n) << (bits - BigInt(prefix));
}

/** The first address of the subnet that an address lies in. */
export function subnetOf(address: string, prefix: number): string {
  const family = familyOf(address);
  return fromNumber(family, toNumber(address) & maskOf(family, prefix));
}

/** The last address of an IPv4 subnet. */
export function broadcastOf(address: string, prefix: number): string {
  const hosts = ~maskOf('ipv4', prefix) & 0xffff_ffffn;
  return fromNumber('ipv4', toNumber(address) | hosts);
}

/** Address classes, from before prefixes. */
export function classfulPrefix(address: string): number {
  const first = Number(address.split('.')[0]);
  if (first < 128) return 8;
  return first < 192 ? 16 : 24;
}

/** The link-local address derived from a MAC address (RFC 4291, appendix A). */
export function linkLocalOf(ether: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = ether
    .split(':')
    .map((octet) => parseInt(octet, 16));
  const octets = [a ^ 2, b, c, 0xff, 0xfe, d, e, f].map((octet) =>
    octet.toString(16).padStart(2, '0'),
  );
  return parseAddress(`fe80::${octets.join('').replace(/....(?=.)/g, '$&:')}`) ?? 'fe80::1';
}
