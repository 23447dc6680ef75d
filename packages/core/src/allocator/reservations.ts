/**
 * Addresses that are held back. They are computed from the present network and host on each call, never stored, so a
 * new exclusion or host address takes effect immediately.
 */
import { ADDRESS_BITS } from '../address/arithmetic.ts';
import { prefixLength, spanOf } from '../address/cidr.ts';
import { familyOf, toNumber } from '../address/ip.ts';
import type { Cidr, Family, IpAddress } from '../address/types.ts';
import type { Pool } from '../model.ts';
import type { Span } from '../store.ts';
import { intersect } from './spans.ts';

/** A closed interval of addresses that are never leased. */
export interface Reservation extends Span {
  /** Completes "10.0.0.0 is reserved: …", for example "it is the network address". */
  readonly reason: string;
}

/**
 * All reservations of a pool, the most specific reason first: the addresses that the standards take, the gateway, the
 * host's, the excluded. They lie inside the subnet, and may overlap each other.
 *
 * @param hostAddresses - addresses of the host's interfaces, of any family and network. Leave out those that klee
 * itself added for endpoints: they are leases
 */
export function reservations(
  pool: Pool,
  family: Family,
  hostAddresses: readonly IpAddress[],
): readonly Reservation[] {
  const subnet = spanOf(pool.subnet);
  const gateway = pool.gateway === undefined ? [] : [single(pool.gateway, 'it is the gateway')];
  const host = hostAddresses
    .filter((address) => familyOf(address) === family)
    .map((address) => single(address, 'the host itself has it'));
  const excluded = pool.exclude.filter((cidr) => familyOf(cidr) === family).map(exclusion);
  return [...unassignable(pool.subnet), ...gateway, ...host, ...excluded].flatMap((reservation) => {
    const inside = intersect(reservation, subnet);
    return inside === undefined ? [] : [{ ...inside, reason: reservation.reason }];
  });
}

/**
 * The addresses of a subnet that no host can have. IPv4: network and broadcast address, which /31 (RFC 3021) and /32
 * do not have. IPv6: the subnet-router anycast address (RFC 4291 2.6.1), which /127 (RFC 6164) and /128 do not have;
 * there is no broadcast.
 */
export function unassignable(subnet: Cidr): readonly Reservation[] {
  const family = familyOf(subnet);
  if (ADDRESS_BITS[family] - prefixLength(subnet) < 2) return [];
  const { first, last } = spanOf(subnet);
  if (family === 'ipv6')
    return [{ first, last: first, reason: 'it is the subnet-router anycast address' }];
  return [
    { first, last: first, reason: 'it is the network address' },
    { first: last, last, reason: 'it is the broadcast address' },
  ];
}

function single(address: IpAddress, reason: string): Reservation {
  const number = toNumber(address);
  return { first: number, last: number, reason };
}

function exclusion(cidr: Cidr): Reservation {
  const span = spanOf(cidr);
  const reason =
    span.first === span.last ? 'it is excluded' : `it is in ${cidr}, which is excluded`;
  return { ...span, reason };
}
