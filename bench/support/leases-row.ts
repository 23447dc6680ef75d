/** A lease and its release, by how full the pool is: one row for each kind of pool. */
import { requireEqual } from './look.ts';
import { LeaseScene } from './lease-scene.ts';
import type { Fill } from './lease-scene.ts';
import type { Row } from './row.ts';

/** How many pairs of lease and release are timed together: one takes microseconds. */
const GROUP = 200;
/** So many run before, for the compiler to have seen the code. */
const FIRST = 3000;

/** As one of many pairs in a transaction: the allocator and the look-ups of the store, without the commit. */
export function leasesRow(title: string, step: Fill['step']): Row {
  return {
    title,
    unit: 'µs',
    points: { of: 'leases', at: [0, 1000, 10_000, 30_000, 60_000] },
    goals: { node: { limit: 1.2, of: 'first point' } },
    tasks: {
      node: async ({ directory, point }) => {
        const leases = await LeaseScene.open(directory, { leases: point, step });
        const pairs = (count: number): Promise<number> =>
          leases.store.write((transaction) => {
            const start = performance.now();
            for (let pair = 0; pair < count; pair += 1) {
              leases.moveCursor(transaction);
              leases.release(transaction, leases.lease(transaction));
            }
            return ((performance.now() - start) * 1000) / count;
          });
        return {
          setUp: async () => void (await pairs(FIRST)),
          measure: () => pairs(GROUP),
          check: async () => requireEqual(await leases.count(), point, 'leases left'),
        };
      },
    },
  };
}
