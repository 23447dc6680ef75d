/** Rules of recovery and locking that nothing else shows: each is a line that could go unnoticed. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { acquireLocks } from '../src/engine/records/locking.ts';
import { isAlive, recoverContainer } from '../src/engine/lifecycle/recovery.ts';
import { checkSystem, createNetwork, runContainer, systemUp, tidy } from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import type { Container } from '../src/model.ts';
import { newProcess, newWorld } from './support/engine.ts';

async function running(engine: Engine, autoRemove: boolean): Promise<Container> {
  const request = { name: 'c', image: 'host', driver: 'ipnet', command: ['x'], autoRemove };
  return (await runContainer(engine, request, 'detached')).container;
}

test('a run of an earlier boot is over, whatever the host has under its names now', async () => {
  const { engine } = newProcess(newWorld());
  const container = await running(engine, false);
  const run = await engine.store.read(({ runs }) => runs.byContainer(container.id));
  assert.ok(run !== undefined);
  assert.equal(await isAlive(engine, container, run), true);
  assert.equal(await isAlive(engine, container, { ...run, bootId: 'another' }), false);
});

test('locks are taken in one order: networks, containers, images, each by id', async () => {
  const { engine } = newProcess(newWorld());
  const taken: string[] = [];
  const locks: Engine['locks'] = {
    acquire: (request, signal) => {
      taken.push(request.key);
      return engine.locks.acquire(request, signal);
    },
    discard: (key) => engine.locks.discard(key),
  };
  const set = { images: ['1'], containers: ['b', 'a'], networks: ['9', '3', '9'] };
  (await acquireLocks({ ...engine, locks }, set)).release();
  assert.deepEqual(taken, ['network-3', 'network-9', 'container-a', 'container-b', 'image-1']);
});

test("all operations of the host share the firewall's lock, which is waited for ten times as long", async () => {
  const { engine } = newProcess(newWorld());
  await createNetwork(engine, { name: 'n', type: 'bridge', subnet: '10.1.0.0/24' });
  const waits = new Map<string, number>();
  const locks: Engine['locks'] = {
    acquire: (request, signal) => {
      waits.set(request.key.replace(/-.*/, ''), request.patience);
      return engine.locks.acquire(request, signal);
    },
    discard: (key) => engine.locks.discard(key),
  };
  const request = { name: 'c', image: 'host', networks: [{ network: 'n' }], publish: ['8080:80'] };
  await runContainer({ ...engine, locks }, request, 'detached');
  const { patience } = engine;
  assert.equal(waits.get('firewall'), 10 * patience);
  assert.equal(waits.get('network'), patience);
  assert.equal(waits.get('container'), patience);
});

for (const state of ['starting', 'running'] as const) {
  test(`a container with --rm whose run was ${state} when klee was killed`, async () => {
    const world = newWorld();
    const { engine } = newProcess(world);
    const container = await running(engine, true);
    const run = await engine.store.read(({ runs }) => runs.byContainer(container.id));
    assert.ok(run !== undefined);
    await engine.store.write((tx) => tx.runs.put({ ...run, state, bootId: 'another' }));
    const left = await recoverContainer(newProcess(world).engine, container.id);
    // One that never ran is not done with: its start is undone.
    assert.equal(left?.id, state === 'starting' ? container.id : undefined);
  });
}

test('after a boot, containers with --rm go', async () => {
  const { engine } = newProcess(newWorld());
  const container = await running(engine, true);
  const run = await engine.store.read(({ runs }) => runs.byContainer(container.id));
  assert.ok(run !== undefined);
  await engine.store.write((tx) => tx.runs.put({ ...run, bootId: 'another' }));
  assert.deepEqual(await systemUp(engine), []);
  assert.deepEqual(await engine.store.read(({ containers }) => containers.list()), []);
});

test('check goes on after a claim of another host, and looking settles what was interrupted', async () => {
  const { engine } = newProcess(newWorld());
  const container = await running(engine, false);
  await createNetwork(engine, { name: 'n', subnet: '10.1.0.0/24' });
  await engine.store.write((tx) => {
    const [claim] = tx.claims.list().filter(({ owner }) => owner.kind === 'network');
    assert.ok(claim !== undefined);
    tx.claims.remove(claim.id);
    tx.claims.insert({ ...claim, host: { ...claim.host, hostId: 'another' } });
    tx.containers.update({ ...container, state: 'removing' });
  });
  await tidy(engine);
  assert.deepEqual(await engine.store.read(({ containers }) => containers.list()), []);
  const found = await checkSystem(engine);
  assert.deepEqual(
    found.map(({ kind, name }) => `${kind} ${name}`),
    ['network n'],
  );
  assert.match(found[0]?.message ?? '', /made on another host/);
});

test.run();
