import { KleenetError } from '../errors.ts';
import { quote } from '../quote.ts';
import type { Span } from '../store.ts';
import { ADDRESS_BITS, boundsOf, encloses, numberOf, overlap, textOf } from './arithmetic.ts';
import { FAMILY_NAMES, familyOf } from './ip.ts';
import { ipVersion } from './notation.ts';
import type { Cidr, Family, IpAddress } from './types.ts';

const EXAMPLES: Readonly<Record<Family, string>> = { ipv4: '10.0.0.0/24', ipv6: 'fd00:1::/64' };

/**
 * Parses a subnet written as `ADDRESS/PREFIX`, with the address in any notation that `parseIpAddress` takes.
 *
 * @param family - the only family to accept; any when absent
 * @throws KleenetError SUBNET_INVALID when the text is anything else, has no prefix length, has host bits set (the
 * message gives the subnet that was probably meant), or is of the other family
 */
export function parseCidr(text: string, family?: Family): Cidr {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  if (ipVersion(address) === 0) {
    throw invalid(
      text,
      'is not a subnet',
      `write a subnet as ADDRESS/PREFIX, for example ${EXAMPLES[family ?? 'ipv4']}`,
    );
  }
  const actual = familyOf(address);
  if (slash === -1) throw withoutPrefix(text, actual);
  const prefix = parsePrefix(text, text.slice(slash + 1), actual);
  if (family !== undefined && family !== actual) {
    const problem = `is an ${FAMILY_NAMES[actual]} subnet, and an ${FAMILY_NAMES[family]} subnet is needed here`;
    throw invalid(
      text,
      problem,
      `give an ${FAMILY_NAMES[family]} subnet, for example ${EXAMPLES[family]}`,
    );
  }
  const subnet = subnetOf(numberOf(address), prefix, actual);
  if (subnet.first !== numberOf(address)) {
    throw invalid(
      text,
      `has host bits set: did you mean ${subnet.cidr}?`,
      `use ${subnet.cidr}`,
      subnet.cidr,
    );
  }
  return subnet.cidr;
}

function parsePrefix(text: string, prefix: string, family: Family): number {
  const length = /^(?:0|[1-9][0-9]{0,2})$/.test(prefix) ? Number(prefix) : Infinity;
  if (length <= ADDRESS_BITS[family]) return length;
  const problem = `has no valid prefix length`;
  throw invalid(
    text,
    problem,
    `the prefix length of an ${FAMILY_NAMES[family]} subnet is a number from 0 to ${ADDRESS_BITS[family]}`,
  );
}

function subnetOf(
  address: bigint,
  prefix: number,
  family: Family,
): { readonly first: bigint; readonly cidr: Cidr } {
  const hostBits = BigInt(ADDRESS_BITS[family] - prefix);
  const first = (address >> hostBits) << hostBits;
  return { first, cidr: `${textOf(family, first)}/${prefix}` as Cidr };
}

function withoutPrefix(text: string, family: Family): KleenetError {
  const { cidr } = subnetOf(numberOf(text), family === 'ipv4' ? 24 : 64, family);
  const single = `${text}/${ADDRESS_BITS[family]}`;
  return invalid(
    text,
    'has no prefix length',
    `write the whole subnet, for example ${cidr}, or ${single} for one address`,
    cidr,
  );
}

function invalid(text: string, problem: string, hint: string, suggestion?: Cidr): KleenetError {
  const details = suggestion === undefined ? { value: text } : { value: text, suggestion };
  return new KleenetError('SUBNET_INVALID', `${quote(text)} ${problem}`, { hint, details });
}

/** The subnet that holds this address alone: /32 or /128. */
export function hostCidr(address: IpAddress): Cidr {
  return `${address}/${ADDRESS_BITS[familyOf(address)]}` as Cidr;
}

/** First and last address of a subnet, as numbers. */
export function spanOf(cidr: Cidr): Span {
  const [first, last] = boundsOf(cidr);
  return { first, last };
}

/** The number after the slash. */
export function prefixLength(cidr: Cidr): number {
  return Number(cidr.slice(cidr.indexOf('/') + 1));
}

/** Whether an address lies in a subnet; false when the families differ. */
export function contains(cidr: Cidr, address: IpAddress): boolean {
  return encloses(cidr, address);
}

/** Whether all of `inner` lies in `outer`, which may be equal; false when the families differ. */
export function containsCidr(outer: Cidr, inner: Cidr): boolean {
  return encloses(outer, inner);
}

/** Whether two subnets have an address in common; false when the families differ. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return overlap(a, b);
}
