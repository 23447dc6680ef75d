import { LeaseScene } from '../support/lease-scene.ts';
import { requireEqual } from '../support/look.ts';
import type { Row } from '../support/row.ts';

const LEASES = 256;

/** The floor is a transaction that leases one. */
export const leasesTogether: Row = {
  title: '256 leases in one transaction, library',
  unit: 'ms',
  peer: 'floor',
  goals: {},
  tasks: {
    node: ({ directory }) => leaseTask(directory, LEASES),
    floor: ({ directory }) => leaseTask(directory, 1),
  },
};

async function leaseTask(directory: string, count: number) {
  const leases = await LeaseScene.open(directory, { leases: 0, step: 1 });
  let leased: readonly Parameters<LeaseScene['release']>[1][] = [];
  return {
    measure: async () => {
      const start = performance.now();
      leased = await leases.store.write((transaction) =>
        Array.from({ length: count }, () => leases.lease(transaction)),
      );
      return performance.now() - start;
    },
    check: async () => requireEqual(await leases.count(), count, 'leases'),
    after: () =>
      leases.store.write((transaction) => {
        for (const address of leased) leases.release(transaction, address);
      }),
  };
}
