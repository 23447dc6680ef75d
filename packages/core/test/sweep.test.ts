/** Looking after what dead processes left, before another operation or beside a command that only reads. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import { sweep } from '../src/engine/lifecycle/sweep.ts';
import { tidy } from '../src/engine/lifecycle/tidy.ts';
import { KleenetError } from '../src/errors.ts';
import type { Network } from '../src/model.ts';
import { newProcess, newWorld } from './support/engine.ts';
import { tellingEngine } from './support/telling.ts';

interface Scene {
  readonly engine: Engine;
  /** Of the klee that sweeps. */
  readonly later: Engine;
  readonly patiences: number[];
  readonly debug: readonly string[];
  /** Both are being removed by a klee that is dead. */
  readonly networks: readonly [Network, Network];
}

/** @param meet - called at each call of the platform; what it throws happens there */
async function scene(meet: (call: string) => void = () => undefined): Promise<Scene> {
  const world = newWorld();
  const { engine } = newProcess(world);
  const make = (name: string, subnet: string): Promise<Network> =>
    core.createNetwork(engine, { name, subnet });
  const networks = [await make('one', '10.1.0.0/24'), await make('two', '10.2.0.0/24')] as const;
  await engine.store.write((tx) => {
    for (const network of networks) tx.networks.update({ ...network, state: 'removing' });
  });
  const patiences: number[] = [];
  const debug: string[] = [];
  const later: Engine = {
    ...tellingEngine(newProcess(world).engine, (call, patience) => {
      if (/^lock \w+-/.test(call)) patiences.push(Number(patience));
      meet(call);
    }),
    awaitOrphans: async (patience) => void patiences.push(patience),
    logger: { debug: (message) => debug.push(message), warn: (message) => assert.fail(message) },
  };
  return { engine, later, patiences, debug, networks };
}

function left({ engine }: Scene): Promise<readonly string[]> {
  return engine.store.read(({ networks }) => networks.list().map(({ name }) => name));
}

for (const [name, sweeping] of [
  ['sweeping', sweep],
  ['tidying', tidy],
] as const) {
  test(`${name} completes everything, and waits for nothing`, async () => {
    const found = await scene();
    await sweeping(found.later);
    assert.deepEqual(await left(found), []);
    assert.deepEqual(found.patiences, [0, 0, 0, 0]);
    assert.deepEqual(found.debug, []);
  });

  test(`${name} passes over what another klee works on, and says so to those who debug`, async () => {
    const found = await scene();
    const [, { id }] = found.networks;
    const lock = { mode: 'shared', purpose: 'klee network rm', patience: 0 } as const;
    const held = await found.engine.locks.acquire({ ...lock, key: `network-${id}` });
    await sweeping(found.later);
    held.release();
    assert.deepEqual(await left(found), ['two']);
    assert.equal(found.debug.length, 1);
    assert.match(found.debug[0] ?? '', new RegExp(`^network ${id}: .*klee network rm`));
  });

  test(`${name} passes over what cannot be cleaned up`, async () => {
    let isFirst = true;
    const found = await scene((call) => {
      if (call !== 'networks.down' || !isFirst) return;
      isFirst = false;
      throw new KleenetError('PLATFORM_COMMAND_FAILED', 'the host says no');
    });
    await sweeping(found.later);
    assert.equal((await left(found)).length, 1);
    assert.match(found.debug.join(), /the host says no/);
  });

  for (const error of [
    new KleenetError('INTERRUPTED', 'interrupted'),
    new TypeError('a fault of klee'),
  ]) {
    test(`${name} ends with '${error.message}'`, async () => {
      const found = await scene((call) => {
        if (call === 'networks.down') throw error;
      });
      await assert.rejects(sweeping(found.later), (thrown) => thrown === error);
      assert.deepEqual((await left(found)).length, 2);
    });
  }
}

test('a container that another klee works on is not waited for when its network is to go', async () => {
  const found = await scene();
  const { engine, later, networks } = found;
  await engine.store.write((tx) => tx.networks.update(networks[0]));
  const request = { name: 'a', image: 'host', networks: [{ network: 'one' }] };
  const { id } = await core.createContainer(engine, request);
  await engine.store.write((tx) => tx.networks.update({ ...networks[0], state: 'removing' }));
  const lock = { mode: 'exclusive', purpose: 'klee stop a', patience: 0 } as const;
  const held = await engine.locks.acquire({ ...lock, key: `container-${id}` });
  await sweep(later);
  held.release();
  assert.ok(
    found.patiences.every((patience) => patience === 0),
    found.patiences.join(),
  );
  assert.deepEqual(await left(found), ['one']);
  assert.match(found.debug.join(), /klee stop a/);
  await sweep(later);
  assert.deepEqual(await left(found), []);
});

test('containers that were cut off by a sweep are attached again', async () => {
  const found = await scene();
  found.later.cutOff.add('0123456789ab');
  await sweep(found.later);
  assert.equal(found.later.cutOff.size, 0);
});

const DENIED = new KleenetError('PERMISSION_DENIED', 'only root may');

function asUser(meet: () => void): (call: string) => void {
  return (call) => {
    if (call === 'requirePrivilege') meet();
  };
}

test('a command that only reads cleans nothing up without the privilege, and works all the same', async () => {
  const found = await scene(
    asUser(() => {
      throw DENIED;
    }),
  );
  await tidy(found.later);
  assert.equal((await left(found)).length, 2);
  assert.deepEqual(found.patiences, []);
  assert.match(found.debug.join(), /only root may/);
});

test('a command that only reads needs the privilege for a single object, but not where all is settled', async () => {
  let asked = 0;
  const found = await scene(asUser(() => (asked += 1)));
  const { engine, later, networks } = found;
  await engine.store.write((tx) => tx.networks.update(networks[0]));
  await tidy(later);
  assert.deepEqual([asked, await left(found)], [1, ['one']]);
  await tidy(later);
  assert.equal(asked, 1);
});

for (const error of [
  new KleenetError('INTERRUPTED', 'interrupted'),
  new TypeError('a fault of klee'),
]) {
  test(`a command that only reads ends with '${error.message}' of the privilege`, async () => {
    const found = await scene(
      asUser(() => {
        throw error;
      }),
    );
    await assert.rejects(tidy(found.later), (thrown) => thrown === error);
  });
}

test('a command that only reads shows the present state when the database cannot be changed', async () => {
  const found = await scene();
  const failure = new KleenetError('DATABASE_UNAVAILABLE', 'read-only file system');
  const { store } = found.later;
  const broken: Engine['store'] = {
    read: (work) => store.read(work),
    write: () => Promise.reject(failure),
    rehearse: () => store.rehearse(),
    verify: () => store.verify(),
    close: () => store.close(),
  };
  await tidy({ ...found.later, store: broken });
  assert.match(found.debug.join(), /read-only file system/);
});

test.run();
