import type { LeaseReads, PoolKey, Span } from '../store.ts';
import { runAt } from './runs.ts';

/**
 * The first free address of `bounds` that is not below `start`, or else, wrapping, the first free one of all.
 *
 * Each step passes over a whole reserved span or a whole run of leases, and no two runs touch, so that at most every
 * second step is a run: O(k log n) for k reserved spans and n leases.
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
      span !== undefined && span.first <= candidate ? span : runAt(leases, key, candidate);
    if (obstacle === undefined) return candidate;
    candidate = obstacle.last + 1n;
  }
  return undefined;
}
