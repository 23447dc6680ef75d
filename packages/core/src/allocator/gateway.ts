import { ADDRESS_BITS } from '../address/arithmetic.ts';
import { prefixLength, spanOf } from '../address/cidr.ts';
import { familyOf, fromNumber, toNumber } from '../address/ip.ts';
import type { Cidr, IpAddress } from '../address/types.ts';
import { KleenetError } from '../errors.ts';
import { unassignable } from './reservations.ts';

/** How the gateway of a subnet is chosen. */
export type GatewayChoice = 'auto' | 'none' | IpAddress;

/**
 * The first address of a subnet that a host can have: `.1` of 10.0.0.0/24, `::1` of fd00::/64. A /31 or /127 link
 * begins with a host (RFC 3021, RFC 6164), and the one address of a /32 or /128 is a host.
 */
export function firstAssignable(subnet: Cidr): IpAddress {
  const family = familyOf(subnet);
  const { first } = spanOf(subnet);
  const hostBits = ADDRESS_BITS[family] - prefixLength(subnet);
  return fromNumber(family, hostBits >= 2 ? first + 1n : first);
}

/**
 * The gateway of a subnet; undefined for none. An automatic one is the first assignable address. It is never leased: a
 * /31 or /127 with a gateway has one address for containers, a /32 or /128 with a gateway has none.
 *
 * @throws KleenetError GATEWAY_OUT_OF_RANGE when the requested address is outside the subnet, or is its network,
 * broadcast or subnet-router anycast address
 */
export function gatewayFor(subnet: Cidr, choice: GatewayChoice): IpAddress | undefined {
  if (choice === 'none') return undefined;
  if (choice === 'auto') return firstAssignable(subnet);
  const problem = gatewayProblem(subnet, choice);
  if (problem === undefined) return choice;
  throw new KleenetError(
    'GATEWAY_OUT_OF_RANGE',
    `${choice} cannot be the gateway of ${subnet}: ${problem}`,
    {
      hint: `give an address inside the subnet, for example ${firstAssignable(subnet)}`,
      details: { gateway: choice, subnet },
    },
  );
}

function gatewayProblem(subnet: Cidr, gateway: IpAddress): string | undefined {
  if (familyOf(gateway) !== familyOf(subnet)) return 'it is of the other address family';
  const { first, last } = spanOf(subnet);
  const number = toNumber(gateway);
  if (number < first || number > last) return 'it is outside';
  return unassignable(subnet).find((reservation) => reservation.first === number)?.reason;
}
