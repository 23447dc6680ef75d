/** Which hosts files are written anew, and what they are to say. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Engine } from '../src/engine/index.ts';
import { createNetwork, renameContainer, runContainer } from '../src/engine/index.ts';
import { newProcess, newWorld } from './support/engine.ts';

/** An engine whose platform tells what it is to write, as `CONTAINER: ADDRESS NAME, …`. */
function tellingEngine(): { readonly engine: Engine; readonly told: string[] } {
  const { engine } = newProcess(newWorld());
  const told: string[] = [];
  const { platform } = engine;
  const sandboxes: typeof platform.sandboxes = {
    ...platform.sandboxes,
    setHostsFiles(hosts) {
      for (const { container, entries } of hosts)
        told.push(
          `${container.name}: ${entries.map(({ address, names }) => `${address} ${names.join(' ')}`).join(', ')}`,
        );
      return Promise.resolve();
    },
  };
  return { engine: { ...engine, platform: { ...platform, sandboxes } }, told };
}

test("a rename reaches the container's own hosts file and those of its neighbours", async () => {
  const { engine, told } = tellingEngine();
  await createNetwork(engine, { name: 'lan', subnet: '10.1.0.0/24' });
  for (const name of ['a', 'b'])
    await runContainer(engine, { name, image: 'host', networks: [{ network: 'lan' }] }, 'detached');
  told.length = 0;
  await renameContainer(engine, 'a', 'c');
  assert.deepEqual(told.toSorted(), ['b: 10.1.0.1 c, 10.1.0.2 b', 'c: 10.1.0.1 c, 10.1.0.2 b']);
});

test('a rename reaches the hosts file of a container that is on no network', async () => {
  const { engine, told } = tellingEngine();
  await runContainer(engine, { name: 'a', image: 'host', driver: 'disabled' }, 'detached');
  told.length = 0;
  await renameContainer(engine, 'a', 'b');
  assert.deepEqual(told, ['b: ']);
});

test('what is done is done, however long another klee writes hosts files', async () => {
  const world = newWorld();
  const { engine, warnings } = newProcess(world);
  await createNetwork(engine, { name: 'lan', subnet: '10.1.0.0/24' });
  const lock = { key: 'hosts', mode: 'exclusive', purpose: 'another klee' } as const;
  const lockOfAnother = await world.locks.acquire({ ...lock, patience: 0 });
  const impatient: Engine = { ...engine, patience: 0 };
  const request = { name: 'a', image: 'host', networks: [{ network: 'lan' }] };
  await runContainer(impatient, request, 'detached');
  lockOfAnother.release();
  assert.match(
    warnings.join(),
    /^the names in running containers are not up to date: hosts is held/,
  );
});

test.run();
