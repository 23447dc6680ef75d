import assert from 'node:assert/strict';
import { test } from 'uvu';
import { hasCode } from '../src/errors.ts';
import { MemoryLocks, MemoryStore } from '../src/memory-store/index.ts';
import type { Lock, LockMode, PoolKey } from '../src/store.ts';
import { sampleNetwork } from './support/samples.ts';
import { storeContract } from './support/store-contract.ts';

storeContract('MemoryStore', () => new MemoryStore());
storeContract('a rehearsal of MemoryStore', () => new MemoryStore().rehearse());

test('changes of one object are undone in reverse', async () => {
  const store = new MemoryStore();
  const network = sampleNetwork();
  const write = store.write(({ networks, leases }) => {
    const pool: PoolKey = { networkId: network.id, family: 'ipv4' };
    networks.insert(network);
    networks.update({ ...network, name: 'renamed' });
    leases.putSpan(pool, { first: 5n, last: 5n });
    leases.putSpan(pool, { first: 5n, last: 9n });
    leases.removeSpan(pool, 5n);
    leases.putSpan(pool, { first: 3n, last: 3n });
    networks.remove(network.id);
    throw new Error('no');
  });
  await assert.rejects(write, /^Error: no$/);
  await store.read(({ networks, leases }) => {
    assert.deepEqual(networks.list(), []);
    assert.equal(networks.byName('renamed'), undefined);
    assert.equal(leases.spanAtOrBelow({ networkId: network.id, family: 'ipv4' }, 99n), undefined);
  });
});

function lock(
  locks: MemoryLocks,
  mode: LockMode,
  { key = 'network-1', patience = 1000, purpose = `klee ${mode}` } = {},
): Promise<Lock> {
  return locks.acquire({ key, mode, purpose, patience });
}

const isBusy = (error: unknown): boolean => hasCode(error, 'OBJECT_BUSY');

test('shared holders do not wait for each other; other keys are other locks', async () => {
  const locks = new MemoryLocks();
  await Promise.all([lock(locks, 'shared'), lock(locks, 'shared')]);
  await lock(locks, 'exclusive', { key: 'network-2', patience: 0 });
});

test('an exclusive holder is alone, until it lets go', async () => {
  for (const [first, second] of [
    ['exclusive', 'shared'],
    ['shared', 'exclusive'],
    ['exclusive', 'exclusive'],
  ] as const) {
    const locks = new MemoryLocks();
    const held = await lock(locks, first, { purpose: 'klee network rm testnet' });
    for (const patience of [0, 5]) {
      await assert.rejects(lock(locks, second, { patience }), isBusy);
      await assert.rejects(lock(locks, second, { patience }), /klee network rm testnet/);
    }
    held.release();
    held.release();
    await lock(locks, second, { patience: 0 });
  }
});

test('waiters get the lock in turn: shared ones do not overtake an exclusive one', async () => {
  const locks = new MemoryLocks();
  const order: string[] = [];
  const first = await lock(locks, 'shared');
  const waiters = (['exclusive', 'shared', 'shared', 'exclusive'] as const).map(
    async (mode, index) => {
      const held = await lock(locks, mode);
      order.push(`${index} ${mode}`);
      held.release();
    },
  );
  await Promise.resolve();
  first.release();
  await Promise.all(waiters);
  assert.deepEqual(order, ['0 exclusive', '1 shared', '2 shared', '3 exclusive']);
});

test('a waiter that gives up lets those behind it pass', async () => {
  const locks = new MemoryLocks();
  await lock(locks, 'shared');
  const exclusive = lock(locks, 'exclusive', { patience: 5 });
  const behind = lock(locks, 'shared');
  await assert.rejects(exclusive, isBusy);
  await behind;
});

test('a signal ends the wait with its reason', async () => {
  const locks = new MemoryLocks();
  const request = { key: 'a', mode: 'exclusive', purpose: 'klee', patience: Infinity } as const;
  const held = await locks.acquire(request);
  const reason = new Error('stop');
  const controller = new AbortController();
  const waiting = locks.acquire(request, controller.signal);
  controller.abort(reason);
  await assert.rejects(waiting, (error) => error === reason);
  await assert.rejects(locks.acquire(request, controller.signal), (error) => error === reason);
  held.release();
  locks.discard('a');
  await locks.acquire({ ...request, patience: 0 });
});

test.run();
