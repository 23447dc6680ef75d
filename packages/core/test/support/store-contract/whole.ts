import assert from 'node:assert/strict';
import { hasCode } from '../../../src/errors.ts';
import type { PoolKey, Store } from '../../../src/store.ts';
import {
  sampleClaim,
  sampleContainer,
  sampleImage,
  sampleLease,
  sampleNetwork,
  sampleRun,
} from '../samples.ts';
import { type Check, connect, refused } from './support.ts';

/** What holds of a store as a whole: what is unsettled, rehearsals, and the end. */
export function stateChecks(check: Check): void {
  check('what is in the middle of an operation is unsettled', async (store) => {
    const { network, container, endpoint } = await connect(store);
    assert.deepEqual(await store.read((snapshot) => snapshot.unsettled()), []);
    const image = sampleImage({ state: 'creating' });
    const [starting, running, removing] = [
      sampleContainer(),
      sampleContainer(),
      sampleContainer({ state: 'removing' }),
    ];
    await store.write((transaction) => {
      transaction.networks.update({ ...network, state: 'creating' });
      transaction.endpoints.update({ ...endpoint, state: 'disconnecting' });
      transaction.images.insert(image);
      [starting, running, removing].forEach((value) => transaction.containers.insert(value));
      transaction.runs.put(sampleRun(starting, { state: 'starting' }));
      transaction.runs.put(sampleRun(running));
      transaction.runs.put(sampleRun(removing, { state: 'stopping' }));
      transaction.runs.put(sampleRun(container, { state: 'ended' }));
    });
    const found = await store.read((snapshot) =>
      snapshot.unsettled().map(({ kind, id }) => `${kind} ${id}`),
    );
    const expected = [
      `network ${network.id}`,
      `endpoint ${endpoint.id}`,
      `image ${image.id}`,
      `container ${starting.id}`,
      `container ${removing.id}`,
    ];
    assert.deepEqual(found.toSorted(), expected.toSorted());
  });

  check('a rehearsal begins with the state, and leaves no trace', async (store) => {
    const { network, container, endpoint } = await connect(store);
    const pool: PoolKey = { networkId: network.id, family: 'ipv4' };
    await store.write((transaction) => {
      transaction.leases.insert(pool, 5n, sampleLease(endpoint, '0.0.0.5'));
      transaction.leases.putSpan(pool, { first: 5n, last: 5n });
      transaction.leases.setCursor(pool, 5n);
      transaction.claims.insert(sampleClaim({ kind: 'endpoint', id: endpoint.id }));
      transaction.runs.put(sampleRun(container));
      transaction.images.insert(sampleImage());
    });
    const before = await contents(store, pool);
    const rehearsal = await store.rehearse();
    assert.deepEqual(await contents(rehearsal, pool), before);
    await rehearsal.write((transaction) => {
      transaction.leases.remove(pool, 5n, endpoint.id);
      transaction.leases.removeSpan(pool, 5n);
      transaction.endpoints.remove(endpoint.id);
      transaction.containers.remove(container.id);
      transaction.networks.insert(sampleNetwork({ name: 'rehearsed' }));
    });
    assert.ok(await rehearsal.read(({ networks }) => networks.byName('rehearsed')));
    assert.deepEqual(await contents(store, pool), before);
    await store.write(({ networks }) => networks.insert(sampleNetwork({ name: 'real' })));
    assert.equal(await rehearsal.read(({ networks }) => networks.byName('real')), undefined);
    await refused(rehearsal, 'NAME_TAKEN', ({ networks }) =>
      networks.insert(sampleNetwork({ name: 'rehearsed' })),
    );
    rehearsal.close();
    assert.equal(await store.read(({ networks }) => networks.byName('rehearsed')), undefined);
  });

  check('an empty store can be rehearsed, and a rehearsal as well', async (store) => {
    const first = await store.rehearse();
    await first.write(({ networks }) => networks.insert(sampleNetwork()));
    const second = await first.rehearse();
    await second.write(({ networks }) => networks.insert(sampleNetwork()));
    assert.equal(await second.read(({ networks }) => networks.list().length), 2);
    assert.equal(await first.read(({ networks }) => networks.list().length), 1);
    second.close();
    first.close();
  });

  check('nothing is wrong with a store that was used as it should be', async (store) => {
    await connect(store);
    assert.deepEqual(await store.verify(), []);
  });

  check('a closed store refuses every transaction, and may be closed again', async (store) => {
    await connect(store);
    store.close();
    store.close();
    for (const attempt of [
      () => store.read(() => 1),
      () => store.write(() => 1),
      () => store.rehearse(),
      () => store.verify(),
    ]) {
      await assert.rejects(attempt(), (error) => hasCode(error, 'DATABASE_UNAVAILABLE'));
    }
  });
}

function contents(store: Store, pool: PoolKey): Promise<unknown> {
  return store.read((snapshot) => [
    snapshot.networks.list(),
    snapshot.containers.list(),
    snapshot.images.list(),
    snapshot.endpoints.list(),
    snapshot.runs.list(),
    snapshot.claims.list(),
    snapshot.leases.list(pool),
    snapshot.leases.spanAtOrBelow(pool, 99n),
    snapshot.leases.cursor(pool),
  ]);
}
