import { sha256 } from '../digest.ts';
import { KleenetError } from '../errors.ts';
import { quote } from '../quote.ts';
import type { MacAddress } from './types.ts';

/** Six pairs of hex digits, all separated by colons or all by hyphens. */
const NOTATION = /^[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})$/i;

/** The bit of the first octet that marks a group address (IEEE 802-2014, 8.2.2). */
const GROUP_BIT = 0x01;

/**
 * Parses the MAC address of one interface, with colons or hyphens, into lower case with colons.
 *
 * @throws KleenetError INVALID_ARGUMENT for anything else, group (multicast and broadcast) addresses, and all zeros
 */
export function parseMacAddress(text: string): MacAddress {
  if (!NOTATION.test(text)) {
    throw invalid(
      text,
      'is not a MAC address',
      'write six pairs of hex digits, for example 02:00:5e:10:00:01',
    );
  }
  const mac = text.toLowerCase().replaceAll('-', ':');
  if ((Number.parseInt(mac.slice(0, 2), 16) & GROUP_BIT) !== 0) {
    throw invalid(
      text,
      'is a multicast address',
      'the second digit must be even: 0, 2, 4, 6, 8, a, c or e',
    );
  }
  if (mac === '00:00:00:00:00:00') {
    throw invalid(
      text,
      'is not the address of any interface',
      'give another, for example 02:00:5e:10:00:01',
    );
  }
  return mac as MacAddress;
}

function invalid(text: string, problem: string, hint: string): KleenetError {
  return new KleenetError('INVALID_ARGUMENT', `${quote(text)} ${problem}`, {
    hint,
    details: { value: text },
  });
}

/**
 * The MAC address that belongs to an id: always the same for the same id, unicast and locally administered. It begins
 * with `x2`, the quadrant that IEEE 802c leaves to local administrators; 44 bits differ from id to id.
 */
export function generateMac(id: string): MacAddress {
  const digits = sha256(id).slice(0, 12);
  const local = `${digits.slice(0, 1)}2${digits.slice(2)}`;
  return local.replace(/..(?=.)/g, '$&:') as MacAddress;
}
