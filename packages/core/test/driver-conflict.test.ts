/** A container keeps its driver for life, whichever way another one is brought in. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import { hasCode } from '../src/errors.ts';
import { DriverRegistry } from '../src/registry.ts';
import type { Snapshot, Store } from '../src/store.ts';
import { OWN, RESTRICTED, newProcess, newWorld, pluginSource } from './support/engine.ts';
import type { World } from './support/engine.ts';

const test = suite('DRIVER_CONFLICT');

function conflicts(action: Promise<unknown>): Promise<void> {
  return assert.rejects(action, (error) => {
    assert.ok(hasCode(error, 'DRIVER_CONFLICT'), String(error));
    assert.match(error.message, /'a' has the driver ipnet, .* vnet/);
    assert.deepEqual(error.details, { container: 'a', driver: 'ipnet', requested: 'vnet' });
    return true;
  });
}

/** A bridge network and an ipnet container that runs and is connected to nothing. */
async function given(world: World): Promise<Engine> {
  const { engine } = newProcess(world);
  await core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
  await core.runContainer(engine, { name: 'a', image: 'host', driver: 'ipnet' }, 'detached');
  return engine;
}

/** Hands out one driver in place of the other. */
class SwappingRegistry extends DriverRegistry {
  override driver(_name: string): ReturnType<DriverRegistry['driver']> {
    return super.driver('vnet');
  }
}

test('through the API: a registry that hands out another driver', async () => {
  const world = newWorld();
  const engine = await given(world);
  const before = await newProcess(world).platform.inspect();
  const registry = new SwappingRegistry([
    pluginSource('ipnet', RESTRICTED),
    pluginSource('vnet', OWN),
  ]);
  await conflicts(core.connect({ ...engine, registry }, { network: 'net', container: 'a' }));
  assert.deepEqual(await newProcess(world).platform.inspect(), before);
  assert.deepEqual((await core.inspectContainer(engine, 'a')).endpoints, []);
});

/** What the store would say if somebody had taken its constraints away and edited the endpoints. */
function edited(store: Store): Store {
  const change = (snapshot: Snapshot): Snapshot => ({
    ...snapshot,
    endpoints: {
      ...snapshot.endpoints,
      get: (id) => snapshot.endpoints.get(id),
      find: (network, container) => snapshot.endpoints.find(network, container),
      byNetwork: (id) => snapshot.endpoints.byNetwork(id),
      byContainer: (id) =>
        snapshot.endpoints.byContainer(id).map((endpoint) => ({ ...endpoint, driver: 'vnet' })),
    },
  });
  return {
    read: (work) => store.read((snapshot) => work(change(snapshot))),
    write: (work) => store.write((tx) => work({ ...tx, ...change(tx) } as typeof tx)),
    rehearse: () => store.rehearse(),
    verify: () => store.verify(),
    close: () => store.close(),
  };
}

test('in the state: an endpoint that names another driver than its container', async () => {
  const world = newWorld();
  const engine = await given(world);
  await core.connect(engine, { network: 'net', container: 'a' });
  await core.stopContainer(engine, 'a', 0);
  const before = await newProcess(world).platform.inspect();
  const { engine: deceived } = newProcess(world, { store: edited(world.store) });
  await conflicts(core.startContainer(deceived, 'a', 'detached'));
  assert.deepEqual(await newProcess(world).platform.inspect(), before);
});

test('the store refuses both edits, whoever asks for them', async () => {
  const world = newWorld();
  const engine = await given(world);
  await core.connect(engine, { network: 'net', container: 'a' });
  for (const edit of ['containers', 'endpoints'] as const) {
    const action = world.store.write((tx) => {
      const [container] = tx.containers.list();
      assert.ok(container !== undefined);
      const [endpoint] = tx.endpoints.byContainer(container.id);
      assert.ok(endpoint !== undefined);
      if (edit === 'containers') tx.containers.update({ ...container, driver: 'vnet' });
      else tx.endpoints.update({ ...endpoint, driver: 'vnet' });
    });
    await assert.rejects(action, (error) => hasCode(error, 'CONSTRAINT_VIOLATED'));
  }
});

test.run();
