import assert from 'node:assert/strict';
import type { Endpoint } from '../../../src/model.ts';
import type { PoolKey, Transaction } from '../../../src/store.ts';
import {
  sampleClaim,
  sampleContainer,
  sampleEndpoint,
  sampleId,
  sampleLease,
  sampleNetwork,
  sampleRun,
} from '../samples.ts';
import { type Check, connect, refused } from './support.ts';

/** What holds between objects, and of endpoints, runs and claims. */
export function objectChecks(check: Check): void {
  check(
    'what is read is frozen to the bottom, and what was handed in stays as it was',
    async (store) => {
      const network = sampleNetwork({ labels: { tier: 'front' } });
      await store.write((transaction) => transaction.networks.insert(network));
      const read = await store.read((snapshot) => snapshot.networks.get(network.id));
      assert.ok(Object.isFrozen(read) && Object.isFrozen(read?.labels));
      assert.ok(!Object.isFrozen(network) && !Object.isFrozen(network.labels));
    },
  );

  check('a container keeps its driver for life', async (store) => {
    const container = sampleContainer({ driver: 'ipnet' });
    await store.write((transaction) => transaction.containers.insert(container));
    await refused(store, 'CONSTRAINT_VIOLATED', (transaction) =>
      transaction.containers.update({ ...container, driver: 'vnet' }),
    );
  });

  check(
    'an endpoint has a network, and a container with the same driver; a pair of them has one',
    async (store) => {
      const { network, container, endpoint } = await connect(store);
      const refuse = (value: Endpoint): Promise<void> =>
        refused(store, 'CONSTRAINT_VIOLATED', (transaction) => transaction.endpoints.insert(value));
      await refuse(sampleEndpoint(network, container));
      await refuse(sampleEndpoint(sampleNetwork(), container));
      await refuse(sampleEndpoint(network, sampleContainer()));
      const other = sampleContainer({ driver: 'ipnet' });
      await store.write((transaction) => transaction.containers.insert(other));
      await refuse(sampleEndpoint(network, other, { driver: 'vnet' }));
      await refused(store, 'CONSTRAINT_VIOLATED', (transaction) =>
        transaction.endpoints.update({ ...endpoint, driver: 'vnet' }),
      );
      await refuse(sampleEndpoint(network, other, { id: endpoint.id }));
      await store.write((transaction) =>
        transaction.endpoints.insert(sampleEndpoint(network, other)),
      );
    },
  );

  check('endpoints are found by network, by container and by both', async (store) => {
    const { network, container, endpoint } = await connect(store);
    const elsewhere = sampleNetwork();
    const second = sampleEndpoint(elsewhere, container);
    await store.write((transaction) => {
      transaction.networks.insert(elsewhere);
      transaction.endpoints.insert(second);
    });
    await store.read(({ endpoints }) => {
      assert.deepEqual(endpoints.byNetwork(network.id), [endpoint]);
      assert.deepEqual(endpoints.byContainer(container.id), [endpoint, second]);
      assert.deepEqual(endpoints.find(elsewhere.id, container.id), second);
      assert.equal(endpoints.find(container.id, elsewhere.id), undefined);
      assert.deepEqual(endpoints.list(), [endpoint, second]);
    });
  });

  check('what there is of the containers on a network, and of no others', async (store) => {
    const { network, container, endpoint } = await connect(store);
    const { endpoint: other } = await connect(store);
    const elsewhere = sampleNetwork();
    const second = { ...sampleEndpoint(elsewhere, container), order: endpoint.order + 1 };
    const run = sampleRun(container);
    await store.write((transaction) => {
      transaction.networks.insert(elsewhere);
      transaction.endpoints.insert(second);
      transaction.runs.put(run);
    });
    await store.read(({ members }) => {
      assert.deepEqual(members.containers(network.id), [container]);
      assert.deepEqual(members.runs(network.id), [run]);
      assert.deepEqual(
        members.endpoints(network.id).toSorted((a, b) => a.order - b.order),
        [endpoint, second],
      );
      assert.deepEqual(members.endpoints(other.networkId), [other]);
      assert.deepEqual(members.runs(other.networkId), []);
    });
  });

  check('endpoints of a container have an order of their own, each another', async (store) => {
    const { container, endpoint } = await connect(store);
    const [early, late, same] = [sampleNetwork(), sampleNetwork(), sampleNetwork()];
    const created = '2000-01-01T00:00:00.000Z';
    const [first, last] = [
      sampleEndpoint(early, container, { order: endpoint.order - 1 }),
      sampleEndpoint(late, container, { order: endpoint.order + 10, created }),
    ];
    await store.write((transaction) => {
      for (const network of [early, late, same]) transaction.networks.insert(network);
      transaction.endpoints.insert(last);
      transaction.endpoints.insert(first);
    });
    const read = await store.read(({ endpoints }) => endpoints.byContainer(container.id));
    assert.deepEqual(read, [first, endpoint, last]);
    await refused(store, 'CONSTRAINT_VIOLATED', (transaction) =>
      transaction.endpoints.insert(sampleEndpoint(same, container, { order: endpoint.order })),
    );
    await refused(store, 'CONSTRAINT_VIOLATED', (transaction) =>
      transaction.endpoints.update({ ...last, order: endpoint.order }),
    );
    await store.write((transaction) => transaction.endpoints.update({ ...last, order: 1e9 }));
  });

  check('what is referred to is not removed', async (store) => {
    const { network, container, endpoint } = await connect(store);
    const pool: PoolKey = { networkId: network.id, family: 'ipv4' };
    await store.write(({ leases }) => leases.insert(pool, 5n, sampleLease(endpoint, '0.0.0.5')));
    const refuse = (work: (transaction: Transaction) => void): Promise<void> =>
      refused(store, 'CONSTRAINT_VIOLATED', work);
    await refuse(({ networks }) => networks.remove(network.id));
    await refuse(({ containers }) => containers.remove(container.id));
    await refuse(({ endpoints }) => endpoints.remove(endpoint.id));
    await store.write(({ leases, endpoints, containers, networks }) => {
      leases.remove(pool, 5n, endpoint.id);
      endpoints.remove(endpoint.id);
      containers.remove(container.id);
      networks.remove(network.id);
    });
  });

  check('a container has one run, the last, which goes with it', async (store) => {
    const container = sampleContainer();
    const [first, last] = [sampleRun(container), sampleRun(container)];
    await refused(store, 'CONSTRAINT_VIOLATED', ({ runs }) => runs.put(first));
    await store.write(({ containers, runs }) => {
      containers.insert(container);
      runs.put(first);
      runs.put(last);
    });
    assert.deepEqual(await store.read(({ runs }) => runs.byContainer(container.id)), last);
    assert.deepEqual(await store.read(({ runs }) => runs.list()), [last]);
    await store.write(({ containers }) => containers.remove(container.id));
    assert.deepEqual(await store.read(({ runs }) => runs.list()), []);
  });

  check(
    'claims are listed as they were made, and removed one by one or by owner',
    async (store) => {
      const [mine, other] = [
        { kind: 'endpoint', id: sampleId() } as const,
        { kind: 'endpoint', id: sampleId() } as const,
      ];
      const sameId = { kind: 'network', id: mine.id } as const;
      const made = [mine, other, mine, sameId].map((owner) => sampleClaim(owner));
      await store.write(({ claims }) => made.toReversed().forEach((claim) => claims.insert(claim)));
      assert.deepEqual(await store.read(({ claims }) => claims.list()), made.toReversed());
      assert.deepEqual(await store.read(({ claims }) => claims.byOwner(mine)), [made[2], made[0]]);
      await refused(store, 'CONSTRAINT_VIOLATED', ({ claims }) => claims.insert(made[0]!));
      await store.write(({ claims }) => {
        claims.remove(made[1]!.id);
        claims.remove(made[1]!.id);
        claims.removeByOwner(mine);
      });
      assert.deepEqual(await store.read(({ claims }) => claims.list()), [made[3]]);
    },
  );
}
