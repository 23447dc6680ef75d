import assert from 'node:assert/strict';
import type { PoolKey } from '../../../src/store.ts';
import { sampleLease, sampleNetwork } from '../samples.ts';
import { type Check, connect, refused } from './support.ts';

/** What holds of leases, leased spans and cursors. */
export function leaseChecks(check: Check): void {
  for (const [family, top] of [
    ['ipv4', 2n ** 32n - 1n],
    ['ipv6', 2n ** 128n - 1n],
  ] as const) {
    check(
      `${family} leases: in numeric order, once each, removed by their owner only`,
      async (store) => {
        const { network, endpoint } = await connect(store);
        const pool: PoolKey = { networkId: network.id, family };
        const numbers = [top, 0n, 9n, 10n, 255n, 256n, top / 2n];
        await store.write(({ leases }) =>
          numbers.forEach((number) =>
            leases.insert(pool, number, sampleLease(endpoint, `address-${number}`)),
          ),
        );
        const sorted = numbers
          .toSorted((a, b) => (a < b ? -1 : 1))
          .map((number) => sampleLease(endpoint, `address-${number}`));
        assert.deepEqual(await store.read(({ leases }) => leases.list(pool)), sorted);
        assert.equal(
          await store.read(({ leases }) => leases.byOwner(endpoint.id).length),
          numbers.length,
        );
        await refused(store, 'CONSTRAINT_VIOLATED', ({ leases }) =>
          leases.insert(pool, 9n, sampleLease(endpoint, 'x')),
        );
        await store.write(({ leases }) => {
          assert.equal(leases.remove(pool, 9n, 'ffffffffffff'), false);
          assert.equal(leases.remove(pool, 11n, endpoint.id), false);
          assert.equal(leases.remove(pool, 9n, endpoint.id), true);
          assert.equal(leases.count(pool), numbers.length - 1);
          assert.equal(leases.get(pool, 9n), undefined);
          assert.deepEqual(leases.get(pool, top), sampleLease(endpoint, `address-${top}`));
        });
      },
    );

    check(`${family} leased spans: the one at or below a number`, async (store) => {
      const { network } = await connect(store);
      const pool: PoolKey = { networkId: network.id, family };
      await store.write(({ leases }) => {
        leases.putSpan(pool, { first: 9n, last: 9n });
        leases.putSpan(pool, { first: 16n, last: 300n });
        leases.putSpan(pool, { first: top, last: top });
        leases.putSpan(pool, { first: 9n, last: 10n });
      });
      await store.read(({ leases }) => {
        assert.equal(leases.spanAtOrBelow(pool, 8n), undefined);
        assert.equal(leases.spanAtOrBelow(pool, -1n), undefined);
        assert.deepEqual(leases.spanAtOrBelow(pool, 9n), { first: 9n, last: 10n });
        assert.deepEqual(leases.spanAtOrBelow(pool, 15n), { first: 9n, last: 10n });
        assert.deepEqual(leases.spanAtOrBelow(pool, top - 1n), { first: 16n, last: 300n });
        assert.deepEqual(leases.spanAtOrBelow(pool, top), { first: top, last: top });
      });
      await store.write(({ leases }) => leases.removeSpan(pool, 16n));
      const left = await store.read(({ leases }) => leases.spanAtOrBelow(pool, 400n));
      assert.deepEqual(left, { first: 9n, last: 10n });
    });
  }

  check('a lease belongs to an endpoint of its network', async (store) => {
    const { endpoint } = await connect(store);
    const elsewhere = sampleNetwork();
    await store.write(({ networks }) => networks.insert(elsewhere));
    const pool: PoolKey = { networkId: elsewhere.id, family: 'ipv4' };
    const lease = { ...sampleLease(endpoint, '10.0.0.1'), networkId: elsewhere.id };
    await refused(store, 'CONSTRAINT_VIOLATED', ({ leases }) => leases.insert(pool, 1n, lease));
    const nobody = { ...lease, owner: 'ffffffffffff' };
    await refused(store, 'CONSTRAINT_VIOLATED', ({ leases }) => leases.insert(pool, 1n, nobody));
  });

  check('pools of two networks and of two families know nothing of each other', async (store) => {
    const [one, two] = [await connect(store), await connect(store)];
    const pools: readonly PoolKey[] = [
      { networkId: one.network.id, family: 'ipv4' },
      { networkId: one.network.id, family: 'ipv6' },
      { networkId: two.network.id, family: 'ipv4' },
    ];
    await store.write(({ leases }) =>
      pools.forEach((pool, index) => {
        const { endpoint } = index < 2 ? one : two;
        leases.insert(pool, 7n, sampleLease(endpoint, `address-${index}`));
        leases.putSpan(pool, { first: 7n, last: 7n + BigInt(index) });
        leases.setCursor(pool, BigInt(index));
      }),
    );
    await store.read(({ leases }) =>
      pools.forEach((pool, index) => {
        assert.equal(leases.get(pool, 7n)?.address, `address-${index}`);
        assert.equal(leases.spanAtOrBelow(pool, 9n)?.last, 7n + BigInt(index));
        assert.equal(leases.cursor(pool), BigInt(index));
        assert.equal(leases.count(pool), 1);
      }),
    );
  });

  check('the cursor is kept, replaced, and gone with its network', async (store) => {
    const network = sampleNetwork();
    const pool: PoolKey = { networkId: network.id, family: 'ipv6' };
    await store.write(({ networks, leases }) => {
      networks.insert(network);
      assert.equal(leases.cursor(pool), undefined);
      leases.setCursor(pool, 3n);
      leases.setCursor(pool, 2n ** 127n);
    });
    assert.equal(await store.read(({ leases }) => leases.cursor(pool)), 2n ** 127n);
    await store.write(({ networks }) => networks.remove(network.id));
    await store.write(({ networks }) => networks.insert(network));
    assert.equal(await store.read(({ leases }) => leases.cursor(pool)), undefined);
  });
}
