/** How `check` compares several objects at the same time, with readings of the host that it shares among them. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import type { Network } from '../src/model.ts';
import { newProcess, newWorld } from './support/engine.ts';

/** A host with networks of which `observe` tells, by their numbers from 0 on. */
async function scene(
  count: number,
  observe: (number: number) => Promise<readonly string[]>,
): Promise<Engine> {
  const { engine } = newProcess(newWorld());
  for (let number = 0; number < count; number += 1)
    await core.createNetwork(engine, { name: `n${number}`, subnet: `10.1.${number}.0/24` });
  const { networks } = engine.platform;
  const told = { ...networks, observe: ({ name }: Network) => observe(Number(name.slice(1))) };
  return { ...engine, platform: { ...engine.platform, networks: told } };
}

test('findings come in the order of the objects, however long each takes', async () => {
  const engine = await scene(20, async (number) => {
    for (let turn = number % 3; turn > 0; turn -= 1) await Promise.resolve();
    return [`of ${number}`];
  });
  const names = (await core.listNetworks(engine)).map(({ name }) => name);
  const found = await core.checkSystem(engine);
  assert.deepEqual(
    found.map(({ name, message }) => `${name} ${message}`),
    names.map((name) => `${name} of ${name.slice(1)}`),
  );
});

test('after a failure nothing more begins, and what has begun ends first', async () => {
  let [begun, ended] = [0, 0];
  const engine = await scene(70, async () => {
    begun += 1;
    const isFirst = begun === 1;
    await new Promise(setImmediate);
    if (isFirst) throw new Error('no');
    await new Promise(setImmediate);
    ended += 1;
    return [];
  });
  await assert.rejects(core.checkSystem(engine), /^Error: no$/);
  assert.deepEqual([begun, ended], [64, 63]);
});

test('however many objects agree with the host, none is locked', async () => {
  for (const count of [2, 30]) {
    const engine = await scene(count, async () => []);
    let taken = 0;
    const locks = {
      acquire: (...request: Parameters<Engine['locks']['acquire']>) => {
        taken += 1;
        return engine.locks.acquire(...request);
      },
      discard: (key: string) => engine.locks.discard(key),
    };
    assert.deepEqual(await core.checkSystem({ ...engine, locks }), []);
    assert.equal(taken, 0);
  }
});

test('what differs is compared again, with readings from after its lock was taken', async () => {
  let forgotten = 0;
  const engine: Engine = {
    ...(await scene(3, async (number) => (number === 1 && forgotten === 0 ? ['stale'] : []))),
    forgetReadings: () => void (forgotten += 1),
  };
  assert.deepEqual(await core.checkSystem(engine), []);
  assert.equal(forgotten, 1);
});

test.run();
