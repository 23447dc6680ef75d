/**
 * The runs of a pool: maximal intervals of leased addresses without a gap. A lease joins the runs beside it, a release
 * cuts one, so each costs a few look-ups and writes, however full the pool is.
 */
import { LAST_ADDRESS } from '../address/arithmetic.ts';
import { KleenetError } from '../errors.ts';
import type { LeaseReads, LeaseWrites, PoolKey, Span } from '../store.ts';
import { intersect, sizeOf } from './spans.ts';

/** The run that an address belongs to; undefined when the address is not leased. O(log n). */
export function runAt(leases: LeaseReads, key: PoolKey, address: bigint): Span | undefined {
  const run = leases.runAtOrBelow(key, address);
  return run === undefined || run.last < address ? undefined : run;
}

/** Adds an address that has just been leased. */
export function joinRuns(leases: LeaseReads & LeaseWrites, key: PoolKey, address: bigint): void {
  const below = leases.runAtOrBelow(key, address);
  if (below !== undefined && below.last >= address) throw damaged(key);
  const above = address === LAST_ADDRESS[key.family] ? undefined : runAt(leases, key, address + 1n);
  if (above !== undefined) leases.removeRun(key, above.first);
  const first = below !== undefined && below.last === address - 1n ? below.first : address;
  leases.putRun(key, { first, last: above?.last ?? address });
}

/** Takes out an address that has just been released. */
export function cutRun(leases: LeaseReads & LeaseWrites, key: PoolKey, address: bigint): void {
  const run = runAt(leases, key, address);
  if (run === undefined) throw damaged(key);
  if (run.first === address) leases.removeRun(key, address);
  else leases.putRun(key, { first: run.first, last: address - 1n });
  if (address < run.last) leases.putRun(key, { first: address + 1n, last: run.last });
}

/** How many addresses inside a span are leased. O(r log n) for the r runs that touch the span. */
export function leasedWithin(leases: LeaseReads, key: PoolKey, span: Span): bigint {
  let total = 0n;
  let run = leases.runAtOrBelow(key, span.last);
  while (run !== undefined && run.last >= span.first) {
    const inside = intersect(run, span);
    total += inside === undefined ? 0n : sizeOf(inside);
    run = run.first <= span.first ? undefined : leases.runAtOrBelow(key, run.first - 1n);
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
