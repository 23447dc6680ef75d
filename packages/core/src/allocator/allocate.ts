import { contains, spanOf } from '../address/cidr.ts';
import { familyOf, fromNumber, toNumber } from '../address/ip.ts';
import type { IpAddress } from '../address/types.ts';
import type { LeaseReads, LeaseWrites, PoolKey } from '../store.ts';
import { exhausted, familyMissing, inUse, outOfRange, reserved } from './request.ts';
import type { AllocationRequest } from './request.ts';
import { cutSpan, joinSpans, nextFree } from './leased-spans.ts';
import { union } from './spans.ts';

/**
 * Leases an address: the requested one, or else the next free one after the last automatic choice, wrapping at the end
 * of the pool's range or subnet. So a released address is not reused immediately, and requests for specific addresses
 * do not move the cursor.
 *
 * Belongs in a write transaction; a refusal comes before the first write. Costs O(k log (k + n)) for k reservations and
 * n leases.
 *
 * @throws KleenetError ADDRESS_FAMILY_MISSING, ADDRESS_OUT_OF_RANGE, ADDRESS_IN_USE or ADDRESS_RESERVED for a requested
 * address; POOL_EXHAUSTED for an automatic one
 */
export function allocate(leases: LeaseReads & LeaseWrites, request: AllocationRequest): IpAddress {
  const { key, owner, requested } = request;
  const number =
    requested === undefined ? choose(leases, request) : accept(leases, request, requested);
  const address = fromNumber(key.family, number);
  leases.insert(key, number, { networkId: key.networkId, address, owner });
  joinSpans(leases, key, number);
  if (requested === undefined) leases.setCursor(key, number);
  return address;
}

/**
 * Ends the lease of an address, if `owner` holds it. Returns whether it did, so a second call does nothing. Belongs in
 * a write transaction.
 */
export function release(
  leases: LeaseReads & LeaseWrites,
  key: PoolKey,
  address: IpAddress,
  owner: string,
): boolean {
  if (familyOf(address) !== key.family) return false;
  const number = toNumber(address);
  if (!leases.remove(key, number, owner)) return false;
  cutSpan(leases, key, number);
  return true;
}

function choose(leases: LeaseReads, request: AllocationRequest): bigint {
  const { key, pool, reservations } = request;
  const bounds = spanOf(pool.range ?? pool.subnet);
  const cursor = leases.cursor(key);
  const start = cursor === undefined ? bounds.first : cursor + 1n;
  const number = nextFree(leases, key, bounds, union(reservations), start);
  if (number === undefined) throw exhausted(leases, request);
  return number;
}

function accept(leases: LeaseReads, request: AllocationRequest, requested: IpAddress): bigint {
  const { key, pool, reservations } = request;
  if (familyOf(requested) !== key.family) throw familyMissing(request, requested);
  if (!contains(pool.subnet, requested)) throw outOfRange(request, requested);
  const number = toNumber(requested);
  // Check leases first: the host may have an address because it is leased.
  const lease = leases.get(key, number);
  if (lease !== undefined) throw inUse(request, requested, lease.owner);
  const reservation = reservations.find(({ first, last }) => first <= number && number <= last);
  if (reservation !== undefined) throw reserved(request, requested, reservation.reason);
  return number;
}
