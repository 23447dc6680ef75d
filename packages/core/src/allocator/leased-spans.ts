/**
 * The leased spans of a pool: maximal intervals of leased addresses without a gap. A lease joins the spans beside it, a
 * release cuts one, so each costs a few look-ups and writes, however full the pool is.
 */
import { LAST_ADDRESS } from '../address/arithmetic.ts';
import { KleenetError } from '../errors.ts';
import type { LeaseReads, LeaseWrites, PoolKey, Span } from '../store.ts';
import { clip, totalSize } from './spans.ts';

/** The span that an address belongs to; undefined when the address is not leased. O(log n). */
function leasedSpanAt(leases: LeaseReads, key: PoolKey, address: bigint): Span | undefined {
  const span = leases.spanAtOrBelow(key, address);
  return span === undefined || span.last < address ? undefined : span;
}

/** Adds an address that has just been leased. */
export function joinSpans(leases: LeaseReads & LeaseWrites, key: PoolKey, address: bigint): void {
  const below = leases.spanAtOrBelow(key, address);
  if (below !== undefined && below.last >= address) throw damaged(key);
  const above =
    address === LAST_ADDRESS[key.family] ? undefined : leasedSpanAt(leases, key, address + 1n);
  if (above !== undefined) leases.removeSpan(key, above.first);
  const first = below !== undefined && below.last === address - 1n ? below.first : address;
  leases.putSpan(key, { first, last: above?.last ?? address });
}

/** Takes out an address that has just been released. */
export function cutSpan(leases: LeaseReads & LeaseWrites, key: PoolKey, address: bigint): void {
  const span = leasedSpanAt(leases, key, address);
  if (span === undefined) throw damaged(key);
  if (span.first === address) leases.removeSpan(key, address);
  else leases.putSpan(key, { first: span.first, last: address - 1n });
  if (address < span.last) leases.putSpan(key, { first: address + 1n, last: span.last });
}

/** How many addresses inside `bounds` are leased. O(r log n) for the r leased spans that touch it. */
export function leasedWithin(leases: LeaseReads, key: PoolKey, bounds: Span): bigint {
  let total = 0n;
  let last = bounds.last;
  while (last >= bounds.first) {
    const span = leases.spanAtOrBelow(key, last);
    if (span === undefined) break;
    total += totalSize(clip([span], bounds));
    last = span.first - 1n;
  }
  return total;
}

function damaged(key: PoolKey): KleenetError {
  return new KleenetError(
    'DATABASE_DAMAGED',
    `the leases of network ${key.networkId} do not agree with their index`,
    {
      details: { networkId: key.networkId, family: key.family },
    },
  );
}

/**
 * The first free address of `bounds` that is not below `start`, or else, wrapping, the first free one of all.
 *
 * Each step passes over a whole reserved or leased span, and no two leased spans touch, so that at most every second step
 * passes over a leased one: O(k log n) for k reserved spans and n leases.
 *
 * @param reserved - disjoint and ascending
 */
export function nextFree(
  leases: LeaseReads,
  key: PoolKey,
  bounds: Span,
  reserved: readonly Span[],
  start: bigint,
): bigint | undefined {
  if (start <= bounds.first || start > bounds.last) return firstFree(leases, key, bounds, reserved);
  return (
    firstFree(leases, key, { first: start, last: bounds.last }, reserved) ??
    firstFree(leases, key, { first: bounds.first, last: start - 1n }, reserved)
  );
}

function firstFree(
  leases: LeaseReads,
  key: PoolKey,
  bounds: Span,
  reserved: readonly Span[],
): bigint | undefined {
  let candidate = bounds.first;
  let next = 0;
  while (candidate <= bounds.last) {
    let span = reserved[next];
    while (span !== undefined && span.last < candidate) span = reserved[++next];
    const obstacle =
      span !== undefined && span.first <= candidate ? span : leasedSpanAt(leases, key, candidate);
    if (obstacle === undefined) return candidate;
    candidate = obstacle.last + 1n;
  }
  return undefined;
}
