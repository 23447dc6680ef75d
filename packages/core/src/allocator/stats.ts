import { spanOf } from '../address/cidr.ts';
import type { Pool } from '../model.ts';
import type { LeaseReads, PoolKey, Span } from '../store.ts';
import type { Reservation } from './reservations.ts';
import { leasedWithin } from './leased-spans.ts';
import { clip, sizeOf, totalSize, union } from './spans.ts';

/** How a pool is used, in addresses. `size` is the sum of `reserved`, `leased` and `free`. */
export interface PoolStats {
  readonly size: bigint;
  /** Held back and not leased. */
  readonly reserved: bigint;
  /** Leased; includes addresses that were reserved later, for example by a new exclusion. */
  readonly leased: bigint;
  readonly free: bigint;
  /** How many of the free addresses may be chosen automatically: all, when the pool has no range. */
  readonly freeInRange: bigint;
}

/**
 * Counts the addresses of a pool. The cost depends on its reservations and on the leased spans inside them and the range, not
 * on its size.
 */
export function poolStats(
  leases: LeaseReads,
  key: PoolKey,
  pool: Pool,
  reservations: readonly Reservation[],
): PoolStats {
  const size = sizeOf(spanOf(pool.subnet));
  const held = union(reservations);
  const reserved = totalSize(held) - leasedIn(leases, key, held);
  const leased = BigInt(leases.count(key));
  const free = size - reserved - leased;
  const freeInRange =
    pool.range === undefined ? free : freeWithin(leases, key, spanOf(pool.range), held);
  return { size, reserved, leased, free, freeInRange };
}

function freeWithin(leases: LeaseReads, key: PoolKey, bounds: Span, held: readonly Span[]): bigint {
  const heldInside = clip(held, bounds);
  const reserved = totalSize(heldInside) - leasedIn(leases, key, heldInside);
  return sizeOf(bounds) - reserved - leasedWithin(leases, key, bounds);
}

function leasedIn(leases: LeaseReads, key: PoolKey, spans: readonly Span[]): bigint {
  return spans.reduce((total, span) => total + leasedWithin(leases, key, span), 0n);
}
