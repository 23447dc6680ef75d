/** What `check` takes for an interrupted operation, and what for one that goes on. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import { lockKey } from '../src/engine/records/locking.ts';
import type { Transaction } from '../src/store.ts';
import { newProcess, newWorld, runOnNetwork } from './support/engine.ts';

interface Scene {
  readonly engine: Engine;
  /** Takes back what makes the operation look interrupted. */
  readonly end: (tx: Transaction) => void;
}

/** A container whose endpoint is being disconnected. */
async function scene(): Promise<Scene> {
  const { engine } = newProcess(newWorld());
  const { network, container } = await runOnNetwork(engine);
  await engine.store.write((tx) => {
    const endpoint = tx.endpoints.find(network.id, container.id);
    assert.ok(endpoint !== undefined);
    tx.endpoints.update({ ...endpoint, state: 'disconnecting' });
  });
  return {
    engine,
    end: (tx) => {
      for (const endpoint of tx.endpoints.byContainer(container.id))
        tx.endpoints.update({ ...endpoint, state: 'connected' });
    },
  };
}

async function interruptions(engine: Engine): Promise<readonly string[]> {
  const found = await core.checkSystem(engine);
  return found
    .filter(({ message }) => message.includes('was interrupted'))
    .map(({ kind, name }) => `${kind} of ${name}`);
}

test('an operation whose klee has died is told with the name of the container', async () => {
  const { engine } = await scene();
  assert.deepEqual(await interruptions(engine), ['endpoint of a']);
});

test('one that ends while check looks elsewhere, or takes its lock, was not interrupted', async () => {
  const elsewhere = await scene();
  const { store } = elsewhere.engine;
  Object.assign(store, { verify: () => store.write(elsewhere.end).then(() => []) });
  assert.deepEqual(await interruptions(elsewhere.engine), []);
  const { engine, end } = await scene();
  const locks: Engine['locks'] = {
    acquire: async (...request) => {
      await engine.store.write(end);
      return engine.locks.acquire(...request);
    },
    discard: (key) => engine.locks.discard(key),
  };
  assert.deepEqual(await interruptions({ ...engine, locks }), []);
});

test('rules that differ are told, but not while a living klee works on an object', async () => {
  const { engine } = await scene();
  const { firewall } = engine.platform;
  firewall.observe = () => Promise.resolve(['they differ']);
  const told = async (): Promise<boolean> =>
    (await core.checkSystem(engine)).some(({ message }) => message === 'they differ');
  assert.equal(await told(), true);
  const [container] = await engine.store.read((snapshot) => snapshot.containers.list());
  assert.ok(container !== undefined);
  const lock = { key: lockKey('container', container.id), mode: 'exclusive' } as const;
  const held = await engine.locks.acquire({ ...lock, purpose: 'another klee', patience: 0 });
  assert.equal(await told(), false);
  held.release();
  assert.equal(await told(), true);
});

test.run();
