/** Which locks an object is had with, what is recovered on the way, and what becomes of the locks. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import {
  lockContainer,
  requireFreeName,
  settle,
  settledNetwork,
  withContainer,
  withNetwork,
} from '../src/engine/lifecycle/objects.ts';
import type { Container, Network } from '../src/model.ts';
import { newProcess, newWorld } from './support/engine.ts';
import { refused } from './support/refusals.ts';
import { sampleImage } from './support/samples.ts';
import { tellingEngine } from './support/telling.ts';

interface Scene {
  /** Of the klee that made everything. */
  readonly engine: Engine;
  /** Of another klee, which tells its locks and what it removes. */
  readonly later: Engine;
  readonly told: string[];
  /** What happens while the other klee waits for a lock. */
  readonly meanwhile: Map<string, () => Promise<unknown>>;
  readonly one: Network;
  readonly two: Network;
  /** It runs on network one. */
  readonly container: Container;
}

async function scene(): Promise<Scene> {
  const world = newWorld();
  const { engine } = newProcess(world);
  const network = (name: string, subnet: string): Promise<Network> =>
    core.createNetwork(engine, { name, type: 'bridge', subnet });
  const one = await network('one', '10.1.0.0/24');
  const two = await network('two', '10.2.0.0/24');
  const request = { name: 'a', image: 'host', driver: 'ipnet', networks: [{ network: 'one' }] };
  const { container } = await core.runContainer(engine, request, 'detached');
  const told: string[] = [];
  const meanwhile: Scene['meanwhile'] = new Map();
  const names = new Map([
    [one.id, 'one'],
    [two.id, 'two'],
    [container.id, 'a'],
  ]);
  const named = (text: string): string =>
    text.replace(/(?<=-)[0-9a-f]{12}/, (id) => names.get(id) ?? 'other');
  const later: Engine = {
    ...tellingEngine(newProcess(world).engine, (call, patience) => {
      const [what = '', key = ''] = named(call).split(' ');
      const isOfObject = key.includes('-');
      if (what === 'lock' && isOfObject) told.push(`${named(call)} ${String(patience)}`);
      if (/^(unlock|discard)$/.test(what) && isOfObject) told.push(named(call));
      if (/remove|down/i.test(what)) told.push(what);
      const event = meanwhile.get(`${what} ${key}`.trim());
      meanwhile.delete(`${what} ${key}`.trim());
      return event?.();
    }),
    awaitOrphans: async (patience) => void told.push(`orphans ${patience}`),
  };
  return { engine, later, told, meanwhile, one, two, container };
}

function setNetwork({ engine }: Scene, network: Network, state: Network['state']): Promise<void> {
  return engine.store.write((tx) => tx.networks.update({ ...network, state }));
}

function setContainer({ engine, container }: Scene, parts: Partial<Container>): Promise<void> {
  return engine.store.write((tx) => tx.containers.update({ ...container, ...parts }));
}

test('a container is locked with its networks, and unlocked in the other order', async () => {
  const found = await scene();
  const locked = await lockContainer(found.later, found.container.id);
  assert.deepEqual(locked?.container, found.container);
  const locks = ['lock network-one shared 2000', 'lock container-a exclusive 2000'];
  assert.deepEqual(found.told, locks);
  locked?.release();
  assert.deepEqual(found.told.slice(2), ['unlock container-a', 'unlock network-one']);
});

test('further networks are locked, too, each for as long as the caller is patient', async () => {
  const found = await scene();
  const options = { networks: [found.one.id, found.two.id], patience: 30 };
  await lockContainer(found.later, found.container.id, options);
  assert.deepEqual(
    found.told.toSorted(),
    [
      'lock network-one shared 30',
      'lock network-two shared 30',
      'lock container-a exclusive 30',
    ].toSorted(),
  );
});

test('a container that is connected while its lock is waited for is locked with that network', async () => {
  const found = await scene();
  found.meanwhile.set('lock container-a', () =>
    core.connect(found.engine, { network: 'two', container: 'a' }),
  );
  (await lockContainer(found.later, found.container.id))?.release();
  assert.deepEqual(found.told.slice(0, 4), [
    'lock network-one shared 2000',
    'lock container-a exclusive 2000',
    'unlock container-a',
    'unlock network-one',
  ]);
  assert.deepEqual(
    found.told.slice(4).filter((one) => one.startsWith('lock')).length,
    3,
    'with both networks',
  );
});

test('a container that leaves a network while its lock is waited for is locked all the same', async () => {
  const found = await scene();
  await core.connect(found.engine, { network: 'two', container: 'a' });
  found.meanwhile.set('lock container-a', () =>
    found.engine.store.write((tx) => {
      const endpoint = tx.endpoints.find(found.two.id, found.container.id);
      assert.ok(endpoint !== undefined);
      tx.leases.remove({ networkId: found.two.id, family: 'ipv4' }, 167903234n, endpoint.id);
      tx.endpoints.remove(endpoint.id);
    }),
  );
  const locked = await lockContainer(found.later, found.container.id);
  assert.deepEqual(locked?.container, found.container);
  assert.equal(found.told.length, 3);
});

test('of a container that goes by its recovery, the lock is unlocked and thrown away', async () => {
  const found = await scene();
  await setContainer(found, { state: 'removing' });
  assert.equal(await lockContainer(found.later, found.container.id), undefined);
  assert.deepEqual(found.told, [
    'lock network-one shared 2000',
    'lock container-a exclusive 2000',
    'orphans 2000',
    'sandboxes.removeStorage',
    'discard container-a',
    'unlock container-a',
    'unlock network-one',
  ]);
});

test('a recovery waits for commands as long as the caller does for locks', async () => {
  const found = await scene();
  await setContainer(found, { state: 'removing' });
  assert.equal(await lockContainer(found.later, found.container.id, { patience: 30 }), undefined);
  assert.deepEqual(found.told.slice(0, 3), [
    'lock network-one shared 30',
    'lock container-a exclusive 30',
    'orphans 30',
  ]);
});

test('a recovery that fails leaves nothing locked, and is not tried again', async () => {
  const found = await scene();
  await setContainer(found, { state: 'removing' });
  found.meanwhile.set('sandboxes.removeStorage', () => {
    throw new TypeError('it fails once');
  });
  await assert.rejects(lockContainer(found.later, found.container.id), /it fails once/);
  assert.deepEqual(found.told.slice(-2), ['unlock container-a', 'unlock network-one']);
});

test('networks that a dead klee left unfinished are recovered before they are locked', async () => {
  const found = await scene();
  await setNetwork(found, found.two, 'removing');
  const networks = [found.one.id, found.two.id, '0123456789ab'];
  await lockContainer(found.later, found.container.id, { networks, patience: 30 });
  assert.deepEqual(found.told.slice(0, 4), [
    'lock network-two exclusive 30',
    'orphans 30',
    'networks.down',
    'unlock network-two',
  ]);
  assert.deepEqual(
    found.told.slice(4).toSorted(),
    [
      'lock container-a exclusive 30',
      'lock network-one shared 30',
      'lock network-other shared 30',
      'lock network-two shared 30',
    ].toSorted(),
  );
});

test('work with a container is done under its lock, by any of its names', async () => {
  const found = await scene();
  for (const reference of ['a', found.container.id]) {
    found.told.length = 0;
    const answer = await withContainer(found.later, reference, async (container) => {
      await new Promise(setImmediate);
      found.told.push('work');
      return container.name;
    });
    assert.equal(answer, 'a');
    assert.deepEqual(
      found.told.map((one) => one.split(' ').slice(0, 2).join(' ')),
      ['lock network-one', 'lock container-a', 'work', 'unlock container-a', 'unlock network-one'],
    );
  }
});

test('work with a container that fails leaves nothing locked', async () => {
  const found = await scene();
  const work = withContainer(found.later, 'a', () => Promise.reject(new Error('no')), {
    networks: [found.two.id],
  });
  await assert.rejects(work, /^Error: no$/);
  assert.equal(found.told.filter((one) => one.startsWith('lock')).length, 3);
  assert.equal(found.told.filter((one) => one.startsWith('unlock')).length, 3);
});

test('a container that goes by its recovery is not found', async () => {
  const found = await scene();
  await setContainer(found, { state: 'removing' });
  const work = withContainer(found.later, 'a', () => assert.fail('it is gone'));
  const { details } = await refused(work, 'CONTAINER_NOT_FOUND', /just been removed/);
  assert.deepEqual(details, { container: 'a' });
});

for (const mode of ['shared', 'exclusive'] as const) {
  test(`work with a network is done under its ${mode} lock`, async () => {
    const found = await scene();
    const answer = await withNetwork(found.later, 'one', mode, async (network) => {
      await new Promise(setImmediate);
      found.told.push('work');
      return network;
    });
    assert.deepEqual(answer, found.one);
    assert.deepEqual(found.told, [`lock network-one ${mode} 2000`, 'work', 'unlock network-one']);
  });
}

for (const [what, event] of [
  ['goes', (found: Scene) => core.removeNetwork(found.engine, 'two')],
  ['begins to go', (found: Scene) => setNetwork(found, found.two, 'removing')],
] as const) {
  test(`a network that ${what} while its lock is waited for is not found`, async () => {
    const found = await scene();
    found.meanwhile.set('lock network-two', () => event(found));
    const work = withNetwork(found.later, 'two', 'shared', () => assert.fail('it is gone'));
    const { details } = await refused(work, 'NETWORK_NOT_FOUND', /just been removed/);
    assert.deepEqual(details, { network: 'two' });
    assert.equal(found.told.at(-1), 'unlock network-two');
  });
}

test('a network that is ready is settled without a lock', async () => {
  const found = await scene();
  assert.deepEqual(await settledNetwork(found.later, 'one'), found.one);
  assert.deepEqual(found.told, []);
});

test('a network that is half made is recovered, and then not found', async () => {
  const found = await scene();
  await setNetwork(found, found.two, 'creating');
  const { details } = await refused(settledNetwork(found.later, 'two'), 'NETWORK_NOT_FOUND');
  assert.deepEqual(details, { network: 'two' });
  assert.deepEqual(found.told, [
    'lock network-two exclusive 2000',
    'orphans 2000',
    'networks.down',
    'unlock network-two',
  ]);
});

test('a network that another klee has made by the time of the lock is there', async () => {
  const found = await scene();
  await setNetwork(found, found.two, 'creating');
  found.meanwhile.set('lock network-two', () => setNetwork(found, found.two, 'ready'));
  assert.deepEqual(await settledNetwork(found.later, 'two'), found.two);
});

const KINDS = ['network', 'container', 'image'] as const;

/** The id of the object of each kind. */
async function objects(found: Scene): Promise<Readonly<Record<(typeof KINDS)[number], string>>> {
  const image = sampleImage({ name: 'img' });
  await found.engine.store.write((tx) => tx.images.insert(image));
  return { network: found.two.id, container: found.container.id, image: image.id };
}

const NAMES = { network: 'two', container: 'a', image: 'img' } as const;

async function setState(
  found: Scene,
  kind: keyof typeof NAMES,
  state: 'removing' | 'ready',
): Promise<void> {
  if (kind === 'network') await setNetwork(found, found.two, state);
  if (kind === 'container') await setContainer(found, { state });
  if (kind === 'image')
    await found.engine.store.write((tx) => {
      const image = tx.images.byName('img');
      if (image !== undefined) tx.images.update({ ...image, state });
    });
}

for (const kind of KINDS) {
  test(`the name of a ${kind} is free where none has it`, async () => {
    const found = await scene();
    await objects(found);
    await requireFreeName(found.later, kind, 'other');
    for (const another of KINDS)
      if (another !== kind) await requireFreeName(found.later, kind, NAMES[another]);
    assert.deepEqual(found.told, []);
  });

  test(`the name of a ${kind} that is ready is taken, and nothing is recovered`, async () => {
    const found = await scene();
    const { [kind]: id } = await objects(found);
    const name = NAMES[kind];
    const { details } = await refused(requireFreeName(found.later, kind, name), 'NAME_TAKEN');
    assert.deepEqual(details, { [kind]: name, id });
    assert.deepEqual(found.told, []);
  });

  test(`the name of a ${kind} that a dead klee was removing is free`, async () => {
    const found = await scene();
    const { [kind]: id } = await objects(found);
    await setState(found, kind, 'removing');
    await requireFreeName(found.later, kind, NAMES[kind]);
    const left = await found.engine.store.read((snapshot) => snapshot[`${kind}s`].get(id));
    assert.equal(left, undefined);
  });

  test(`the name of a ${kind} is taken which was ready by the time of the lock`, async () => {
    const found = await scene();
    const { [kind]: id } = await objects(found);
    await setState(found, kind, 'removing');
    const shown = { network: 'two', container: 'a', image: 'other' }[kind];
    found.meanwhile.set(`lock ${kind}-${shown}`, () => setState(found, kind, 'ready'));
    const { details } = await refused(
      requireFreeName(found.later, kind, NAMES[kind]),
      'NAME_TAKEN',
    );
    assert.deepEqual(details, { [kind]: NAMES[kind], id });
  });
}

for (const [patience, wait] of [
  [undefined, 2000],
  [30, 30],
] as const) {
  test(`each kind of object is settled under its own lock, with the patience ${patience}`, async () => {
    const found = await scene();
    const ids = await objects(found);
    const settled = async (kind: (typeof KINDS)[number]): Promise<readonly string[]> => {
      await setState(found, kind, 'removing');
      found.told.length = 0;
      await settle(found.later, { kind, id: ids[kind] }, patience);
      return [...found.told];
    };
    assert.deepEqual(await settled('network'), [
      `lock network-two exclusive ${wait}`,
      `orphans ${wait}`,
      'networks.down',
      'unlock network-two',
    ]);
    assert.deepEqual(await settled('container'), [
      `lock network-one shared ${wait}`,
      `lock container-a exclusive ${wait}`,
      `orphans ${wait}`,
      'sandboxes.removeStorage',
      'discard container-a',
      'unlock container-a',
      'unlock network-one',
    ]);
    assert.deepEqual(await settled('image'), [
      `lock image-other exclusive ${wait}`,
      `orphans ${wait}`,
      'images.remove',
      'unlock image-other',
    ]);
  });

  test(`an endpoint is settled under the lock of its container, with the patience ${patience}`, async () => {
    const found = await scene();
    const { engine, later, one, container, told } = found;
    const endpoint = await engine.store.read(({ endpoints }) =>
      endpoints.find(one.id, container.id),
    );
    assert.ok(endpoint !== undefined);
    await engine.store.write((tx) => tx.endpoints.update({ ...endpoint, state: 'connecting' }));
    const owner = { kind: 'endpoint', id: endpoint.id } as const;
    await settle(later, owner, patience);
    const all = [
      `lock network-one shared ${wait}`,
      `lock container-a exclusive ${wait}`,
      `orphans ${wait}`,
      'unlock container-a',
      'unlock network-one',
    ];
    assert.deepEqual(told, all);
    assert.deepEqual((await core.inspectContainer(engine, 'a')).endpoints, []);
    await settle(later, owner, patience);
    assert.deepEqual(told, all);
  });
}

test('settling a container that is left leaves nothing locked', async () => {
  const found = await scene();
  await settle(found.later, { kind: 'container', id: found.container.id });
  assert.deepEqual(found.told.slice(2), ['unlock container-a', 'unlock network-one']);
});

test.run();
