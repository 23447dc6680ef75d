import { KleenetError } from '../errors.ts';
import { quote } from '../quote.ts';
import { LAST_ADDRESS, numberOf, textOf } from './arithmetic.ts';
import { ipVersion } from './notation.ts';
import type { Family, IpAddress } from './types.ts';

/** What messages call a family. */
export const FAMILY_NAMES: Readonly<Record<Family, string>> = { ipv4: 'IPv4', ipv6: 'IPv6' };

/**
 * Parses an address. Every notation of one address gives the same text: a dotted quad, or RFC 5952 for IPv6. An
 * IPv4-mapped IPv6 address stays an IPv6 address, written `::ffff:192.0.2.1`.
 *
 * @throws KleenetError ADDRESS_INVALID for anything else: zone ids (`fe80::1%em0`), leading zeros (which some programs
 * read as octal), short forms (`10.1`), a prefix length
 */
export function parseIpAddress(text: string): IpAddress {
  const version = ipVersion(text);
  if (version === 0) throw invalidAddress(text);
  return textOf(version === 4 ? 'ipv4' : 'ipv6', numberOf(text)) as IpAddress;
}

function invalidAddress(text: string): KleenetError {
  return new KleenetError('ADDRESS_INVALID', `${quote(text)} is not an IP address`, {
    hint: hintFor(text),
    details: { value: text },
  });
}

function hintFor(text: string): string {
  const [beforeZone = '', zone] = text.split('%', 2);
  if (zone !== undefined && ipVersion(beforeZone) === 6) return `leave out the zone: ${beforeZone}`;
  const [beforeSlash = '', prefix] = text.split('/', 2);
  if (prefix !== undefined && ipVersion(beforeSlash) !== 0)
    return `leave out the prefix length: ${beforeSlash}`;
  const withoutZeros = text.replace(/(^|\.)0+(?=[0-9])/g, '$1');
  if (ipVersion(withoutZeros) === 4) return `write numbers without leading zeros: ${withoutZeros}`;
  if (ipVersion(text.trim()) !== 0) return 'leave out the white space';
  return 'write it as 10.0.0.1, or as fd00::1';
}

/** The family of an address or subnet. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** The address as a number; the order of a family's addresses is the order of their numbers. */
export function toNumber(address: IpAddress): bigint {
  return numberOf(address);
}

/**
 * The address with this number.
 *
 * @throws TypeError when the family has no such number
 */
export function fromNumber(family: Family, number: bigint): IpAddress {
  if (number < 0n || number > LAST_ADDRESS[family]) {
    throw new TypeError(`${number} is not the number of an ${FAMILY_NAMES[family]} address`);
  }
  return textOf(family, number) as IpAddress;
}

/** Order for sorting: IPv4 before IPv6, then numeric. */
export function compareAddresses(a: IpAddress, b: IpAddress): number {
  const family = familyOf(a);
  if (family !== familyOf(b)) return family === 'ipv4' ? -1 : 1;
  const [first, second] = [toNumber(a), toNumber(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}
