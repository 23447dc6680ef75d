import assert from 'node:assert/strict';
import { hasCode } from '../../../src/errors.ts';
import { sampleNetwork } from '../samples.ts';
import type { Check } from './support.ts';

/** What holds of transactions. */
export function transactionChecks(check: Check): void {
  check('a write that throws changes nothing, and throws the same', async (store) => {
    const fault = new Error('no');
    const write = store.write(({ networks }) => {
      networks.insert(sampleNetwork());
      throw fault;
    });
    await assert.rejects(write, (error) => error === fault);
    assert.deepEqual(await store.read(({ networks }) => networks.list()), []);
  });

  check('a write may go on after a refusal that it catches', async (store) => {
    await store.write(({ networks }) => {
      networks.insert(sampleNetwork({ name: 'one' }));
      assert.throws(
        () => networks.insert(sampleNetwork({ name: 'one' })),
        (error) => hasCode(error, 'NAME_TAKEN'),
      );
      networks.insert(sampleNetwork({ name: 'two' }));
    });
    assert.equal(await store.read(({ networks }) => networks.list().length), 2);
  });

  check(
    'a transaction sees its own writes and returns what its function returns',
    async (store) => {
      const network = sampleNetwork();
      const found = await store.write(({ networks }) => {
        networks.insert(network);
        return networks.byName(network.name);
      });
      assert.deepEqual(found, network);
    },
  );

  check('a transaction is not written to once it is over', async (store) => {
    const leaked = await store.write((transaction) => transaction);
    assert.throws(() => leaked.networks.insert(sampleNetwork()), TypeError);
    assert.deepEqual(await store.read(({ networks }) => networks.list()), []);
  });

  check('the function of a transaction is not async', async (store) => {
    const write = store.write(async ({ networks }) => networks.insert(sampleNetwork()));
    await assert.rejects(write, TypeError);
    assert.deepEqual(await store.read(({ networks }) => networks.list()), []);
  });

  check('a transaction that is asked for inside another one comes after it', async (store) => {
    let inner: Promise<number> | undefined;
    await store.write(({ networks }) => {
      inner = store.write((transaction) => transaction.networks.list().length);
      networks.insert(sampleNetwork());
    });
    assert.equal(await inner, 1);
  });

  check('writes that are asked for at once are done in turn', async (store) => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const seen = await Promise.all(
      names.map((name) =>
        store.write(({ networks }) => {
          networks.insert(sampleNetwork({ name }));
          return networks.list().length;
        }),
      ),
    );
    assert.deepEqual(seen, [1, 2, 3, 4, 5]);
  });

  check('reads and writes that are asked for at once do not disturb each other', async (store) => {
    const names = Array.from({ length: 20 }, (_, index) => `network-${index}`);
    const counts = await Promise.all(
      names.flatMap((name) => [
        store.read(({ networks }) => networks.list().length),
        store.write(({ networks }) => networks.insert(sampleNetwork({ name }))),
        store.read(({ networks }) => networks.list().length),
      ]),
    );
    assert.equal(counts.length, 60);
    assert.equal(await store.read(({ networks }) => networks.list().length), 20);
  });
}
