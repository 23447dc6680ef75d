import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Cidr, PoolKey } from '@kleenet/core';
import { sampleNetwork } from '../../core/test/support/samples.ts';
import { runChild } from './support/child.ts';
import { IN_MEMORY, inPlace } from './support/place.ts';

const PROCESSES = 8;
const EACH = 1000;

const allocator = new URL('../../core/src/allocator/index.ts', import.meta.url).href;

/** Connects containers one by one: a transaction for each, with its endpoint, its lease and its address. */
const connectMany = `
  const { allocate, reservations } = await import('${allocator}');
  const [networkId, child] = (await heard()).toString().trim().split(' ');
  const store = await openStore({ directory, uid });
  for (let index = 0; index < ${EACH}; index += 1) {
    await store.write(({ networks, containers, endpoints, leases }) => {
      const network = networks.get(networkId);
      const id = child + index.toString(16).padStart(11, '0');
      const container = samples.sampleContainer({ id, name: 'c-' + id });
      const endpoint = samples.sampleEndpoint(network, container, { id });
      containers.insert(container);
      endpoints.insert(endpoint);
      const pool = network.pools.ipv4;
      const ipv4 = allocate(leases, {
        key: { networkId, family: 'ipv4' },
        networkName: network.name,
        pool,
        reservations: reservations(pool, 'ipv4', []),
        owner: id,
        describeOwner: (owner) => owner,
      });
      endpoints.update({ ...endpoint, addresses: { ipv4 } });
    });
  }
  store.close();
`;

test('eight processes lease a thousand addresses each from one network, and none twice', () =>
  inPlace(async ({ directory, open }) => {
    const store = await open();
    const subnet = '10.7.0.0/16' as Cidr;
    const network = sampleNetwork({
      pools: { ipv4: { subnet, gatewayOnHost: false, exclude: [] } },
    });
    await store.write(({ networks }) => networks.insert(network));
    const children = Array.from({ length: PROCESSES }, (_, index) => {
      const child = runChild(directory, connectMany);
      child.process.stdin?.write(`${network.id} ${index}\n`);
      return child;
    });
    const errors = await Promise.all(children.map((child) => child.end()));
    assert.deepEqual(
      errors.filter((text) => !/^$|ExperimentalWarning: SQLite/.test(text)),
      [],
    );
    const pool: PoolKey = { networkId: network.id, family: 'ipv4' };
    await store.read(({ endpoints, leases }) => {
      const total = PROCESSES * EACH;
      assert.equal(leases.count(pool), total);
      const first = 0x0a07_0001n;
      const run = { first, last: first + BigInt(total) - 1n };
      assert.deepEqual(leases.spanAtOrBelow(pool, 2n ** 32n - 1n), run);
      const shown = endpoints.list().map(({ addresses }) => addresses.ipv4);
      assert.equal(new Set(shown).size, total);
    });
    assert.deepEqual(await store.verify(), []);
  }, IN_MEMORY));

test.run();
