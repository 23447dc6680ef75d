/** What every store must do. Call `storeContract` in a test file, once for each implementation. */
import { suite } from 'uvu';
import type { Store } from '../../src/store.ts';
import { leaseChecks } from './store-contract/leases.ts';
import { namedTableChecks } from './store-contract/named-tables.ts';
import { objectChecks } from './store-contract/objects.ts';
import type { Check } from './store-contract/support.ts';
import { transactionChecks } from './store-contract/transactions.ts';
import { stateChecks } from './store-contract/whole.ts';

/** Registers and runs the suite. `makeStore` makes an empty store; the suite closes it. */
export function storeContract(name: string, makeStore: () => Store | Promise<Store>): void {
  const test = suite(`${name} as a store`);
  const check: Check = (title, body) => {
    test(title, async () => {
      const store = await makeStore();
      try {
        await body(store);
      } finally {
        store.close();
      }
    });
  };

  namedTableChecks(check);
  objectChecks(check);
  leaseChecks(check);
  transactionChecks(check);
  stateChecks(check);
  test.run();
}
