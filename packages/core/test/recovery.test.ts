/** What a recovery waits for, does on the host and records, object by object. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import {
  emptyNetwork,
  isAlive,
  recoverContainer,
  recoverImage,
  recoverNetwork,
} from '../src/engine/lifecycle/recovery.ts';
import { KleenetError } from '../src/errors.ts';
import type { Container, Endpoint, Network, Run } from '../src/model.ts';
import type { Snapshot } from '../src/store.ts';
import { newProcess, newWorld, runOnNetwork } from './support/engine.ts';
import type { World } from './support/engine.ts';
import { refused } from './support/refusals.ts';
import { sampleImage } from './support/samples.ts';
import { tellingEngine } from './support/telling.ts';
import { watchedStore } from './support/watched-store.ts';

/** What changes something, or waits. */
const TOLD =
  /^(orphans|lock container|sandboxes\.(stop|destroy|removeStorage)|networks\.(up|down)|images\.remove|(at|de)tach|firewall\.apply)/;

interface Scene {
  readonly world: World;
  /** Of the klee that made everything. */
  readonly engine: Engine;
  /** Of the klee that recovers. It tells what it does, and in which order. */
  readonly later: Engine;
  readonly told: readonly string[];
  readonly network: Network;
  /** It runs on the network. */
  readonly container: Container;
}

/** @param meet - called at each call of the platform; what it throws happens there */
async function scene(
  options: { readonly autoRemove?: boolean; readonly meet?: (call: string) => void } = {},
): Promise<Scene> {
  const world = newWorld();
  const { engine } = newProcess(world);
  const { network, container } = await runOnNetwork(engine, {
    autoRemove: options.autoRemove ?? false,
  });
  const told: string[] = [];
  const later: Engine = {
    ...tellingEngine(newProcess(world).engine, (call, ...given) => {
      const words = [call, ...given.filter((one) => typeof one !== 'object')];
      if (TOLD.test(call)) told.push(words.join(' '));
      options.meet?.(call);
    }),
    awaitOrphans: async (patience) => void told.push(`orphans ${patience}`),
  };
  return { world, engine, later, told, network, container };
}

function look<T>({ engine }: Scene, work: (snapshot: Snapshot) => T): Promise<T> {
  return engine.store.read(work);
}

async function runOf(found: Scene): Promise<Run> {
  const run = await look(found, ({ runs }) => runs.byContainer(found.container.id));
  assert.ok(run !== undefined);
  return run;
}

async function endpointOf(found: Scene): Promise<Endpoint> {
  const { network, container } = found;
  const endpoint = await look(found, ({ endpoints }) => endpoints.find(network.id, container.id));
  assert.ok(endpoint !== undefined);
  return endpoint;
}

async function setRun(found: Scene, parts: Partial<Run>): Promise<void> {
  const run = await runOf(found);
  await found.engine.store.write((tx) => tx.runs.put({ ...run, ...parts }));
}

async function setEndpoint(found: Scene, state: Endpoint['state']): Promise<void> {
  const endpoint = await endpointOf(found);
  await found.engine.store.write((tx) => tx.endpoints.update({ ...endpoint, state }));
}

function setContainer({ engine, container }: Scene, parts: Partial<Container>): Promise<void> {
  return engine.store.write((tx) => tx.containers.update({ ...container, ...parts }));
}

function setNetwork({ engine, network }: Scene, state: Network['state']): Promise<void> {
  return engine.store.write((tx) => tx.networks.update({ ...network, state }));
}

/** The command ends without klee. */
async function endCommand(found: Scene): Promise<void> {
  const { platform } = found.engine;
  const run = await runOf(found);
  await platform.sandboxes.stop({ container: found.container, run }, 'KILL', 0);
}

test('a container that runs as recorded is left alone, and nothing is waited for', async () => {
  const found = await scene();
  assert.deepEqual(await recoverContainer(found.later, found.container.id), found.container);
  assert.deepEqual(found.told, []);
  assert.equal((await runOf(found)).state, 'running');
});

test('a container that is stopped as recorded is left alone, and nothing is waited for', async () => {
  const found = await scene();
  await core.stopContainer(found.engine, 'a', 0);
  assert.deepEqual(await recoverContainer(found.later, found.container.id), found.container);
  assert.deepEqual(found.told, []);
});

test('an object that is not there needs no recovery', async () => {
  const found = await scene();
  const { later } = found;
  assert.equal(await recoverContainer(later, 'none'), undefined);
  assert.equal(await recoverNetwork(later, 'none'), undefined);
  assert.equal(await recoverImage(later, 'none'), undefined);
  assert.deepEqual(found.told, []);
});

test('commands of the dead process are waited for as long as the caller says, or as for a lock', async () => {
  for (const [options, waits] of [
    [undefined, ['orphans 2000']],
    [{}, ['orphans 2000']],
    [{ patience: 7 }, ['orphans 7']],
    [{ orphans: 'none' }, []],
  ] as const) {
    const found = await scene();
    await setContainer(found, { state: 'creating' });
    assert.equal(await recoverContainer(found.later, found.container.id, options), undefined);
    assert.deepEqual(
      found.told.filter((one) => one.startsWith('orphans')),
      waits,
    );
  }
});

test('after commands of the dead process were waited for, the host is read anew', async () => {
  const found = await scene();
  await setContainer(found, { state: 'creating' });
  const told: string[] = [];
  const later: Engine = {
    ...found.later,
    awaitOrphans: async () => void told.push('waited'),
    forgetReadings: () => void told.push('forgot'),
  };
  await recoverContainer(later, found.container.id);
  assert.deepEqual(told.slice(0, 2), ['waited', 'forgot']);
});

test('where commands die with klee, none is waited for', async () => {
  const found = await scene();
  await setContainer(found, { state: 'removing' });
  const { awaitOrphans: _, ...engine } = found.later;
  assert.equal(await recoverContainer(engine, found.container.id), undefined);
});

for (const state of ['creating', 'removing'] as const) {
  test(`a container that is ${state} goes, once the commands of the dead process have ended`, async () => {
    const found = await scene();
    await setContainer(found, { state });
    assert.equal(await recoverContainer(found.later, found.container.id), undefined);
    assert.deepEqual(found.told, [
      'orphans 2000',
      'detach',
      'sandboxes.destroy',
      'sandboxes.removeStorage',
    ]);
    assert.deepEqual(await look(found, ({ containers }) => containers.list()), []);
  });
}

test('a run whose command has ended is cleaned up, but nothing is stopped', async () => {
  const found = await scene();
  await endCommand(found);
  const left = await recoverContainer(found.later, found.container.id);
  assert.equal(left?.id, found.container.id);
  assert.deepEqual(found.told, ['orphans 2000', 'detach', 'sandboxes.destroy']);
  const { state, exitCode } = await runOf(found);
  assert.deepEqual([state, exitCode], ['ended', 137]);
});

test('a start that was not completed is undone, though the command runs', async () => {
  const found = await scene();
  await setRun(found, { state: 'starting' });
  await recoverContainer(found.later, found.container.id);
  assert.deepEqual(found.told, ['orphans 2000', 'detach', 'sandboxes.destroy']);
  assert.equal((await runOf(found)).state, 'ended');
});

test('a stop is completed with the grace period of a stop', async () => {
  const found = await scene();
  await setRun(found, { state: 'stopping' });
  await recoverContainer(found.later, found.container.id);
  assert.deepEqual(found.told, [
    'orphans 2000',
    'sandboxes.stop TERM 10000',
    'detach',
    'sandboxes.destroy',
  ]);
  const { state, exitCode } = await runOf(found);
  assert.deepEqual([state, exitCode], ['ended', 143]);
});

for (const [state, autoRemove, stays] of [
  ['running', true, false],
  ['running', false, true],
  ['starting', true, true],
  ['stopping', true, false],
] as const) {
  const kind = autoRemove ? 'one with --rm' : 'a container';
  test(`after a run that was ${state}, ${kind} ${stays ? 'stays' : 'goes'}`, async () => {
    const found = await scene({ autoRemove });
    await endCommand(found);
    await setRun(found, { state });
    const left = await recoverContainer(found.later, found.container.id);
    assert.equal(left?.id, stays ? found.container.id : undefined);
    assert.equal(found.told.includes('sandboxes.removeStorage'), !stays);
  });
}

test('only a run with a live command in this boot is alive', async () => {
  const found = await scene();
  const run = await runOf(found);
  const { later, container } = found;
  assert.equal(await isAlive(later, container, run), true);
  assert.equal(await isAlive(later, container, { ...run, bootId: 'another' }), false);
  assert.equal(await isAlive(later, container, { ...run, id: 'another' }), false);
  await endCommand(found);
  assert.equal(await isAlive(later, container, run), false);
});

for (const state of ['connecting', 'disconnecting'] as const) {
  test(`an endpoint that is ${state} leaves the container, which keeps running`, async () => {
    const found = await scene();
    await core.createNetwork(found.engine, { name: 'other', subnet: '10.2.0.0/24' });
    await core.connect(found.engine, { network: 'other', container: 'a' });
    await setEndpoint(found, state);
    const left = await recoverContainer(found.later, found.container.id);
    assert.equal(left?.id, found.container.id);
    assert.deepEqual(found.told, ['orphans 2000', 'detach']);
    const { endpoints, state: now } = await core.inspectContainer(found.engine, 'a');
    assert.deepEqual(
      endpoints.map(({ networkName }) => networkName),
      ['other'],
    );
    assert.equal(now, 'running');
    assert.deepEqual(await core.checkSystem(found.engine), []);
  });
}

test('an endpoint of a run that has ended leaves with the run', async () => {
  const found = await scene();
  await setEndpoint(found, 'connecting');
  await endCommand(found);
  await recoverContainer(found.later, found.container.id);
  assert.deepEqual(found.told, ['orphans 2000', 'detach', 'sandboxes.destroy', 'orphans 2000']);
  assert.deepEqual((await core.inspectContainer(found.engine, 'a')).endpoints, []);
});

const FAILURE = new KleenetError('PLATFORM_COMMAND_FAILED', 'the host says no', {
  details: { status: 1 },
});

/** Fails at one call. */
function failingAt(at: string, error: Error = FAILURE): (call: string) => void {
  return (call) => {
    if (call === at) throw error;
  };
}

test('a container that cannot be cleaned up is parked with the reason, and free again afterwards', async () => {
  let isWell = false;
  const meet = failingAt('sandboxes.destroy');
  const found = await scene({ meet: (call) => isWell || meet(call) });
  const { later, container } = found;
  await endCommand(found);
  const error = await refused(
    recoverContainer(later, container.id),
    'PARKED',
    /failed: the host says no$/,
  );
  assert.deepEqual(error.details, { code: 'PLATFORM_COMMAND_FAILED', status: 1 });
  assert.equal(error.cause, FAILURE);
  assert.match(error.hint ?? '', /klee system repair/);
  const parked = await look(found, ({ containers }) => containers.get(container.id));
  assert.deepEqual(parked, { ...container, parked: 'the host says no' });
  isWell = true;
  assert.deepEqual(await recoverContainer(later, container.id), container);
  assert.deepEqual(await look(found, ({ containers }) => containers.get(container.id)), container);
});

test('the hint of what is parked is that of the failure', async () => {
  const failure = new KleenetError('PLATFORM_COMMAND_FAILED', 'no', { hint: 'load the module' });
  const found = await scene({ meet: failingAt('sandboxes.destroy', failure) });
  await endCommand(found);
  const { hint } = await refused(recoverContainer(found.later, found.container.id), 'PARKED');
  assert.equal(hint, 'load the module');
});

for (const error of [
  new KleenetError('OBJECT_BUSY', 'busy'),
  new KleenetError('INTERRUPTED', 'interrupted'),
  new TypeError('a fault of klee'),
]) {
  test(`a clean-up that ends with '${error.message}' parks nothing`, async () => {
    const found = await scene({ meet: failingAt('sandboxes.destroy', error) });
    await endCommand(found);
    await assert.rejects(
      recoverContainer(found.later, found.container.id),
      (thrown) => thrown === error,
    );
    const { containers } = await look(found, (snapshot) => ({
      containers: snapshot.containers.list(),
    }));
    assert.deepEqual(containers, [found.container]);
  });
}

test('recovering what is settled writes nothing', async () => {
  const found = await scene();
  let writes = 0;
  const store = watchedStore(found.later.store, {
    beforeRead: () => undefined,
    beforeWrite: () => (writes += 1),
    afterWrite: () => undefined,
  });
  const watched: Engine = { ...found.later, store };
  await recoverContainer(watched, found.container.id);
  await recoverNetwork(watched, found.network.id);
  assert.equal(writes, 0);
});

/** The database fails to answer the write that makes `isDone` hold, but has written. */
function losingAnswer({ later }: Scene, isDone: (snapshot: Snapshot) => boolean): Engine {
  const { store } = later;
  let isLost = false;
  const losing: Engine['store'] = {
    read: (work) => store.read(work),
    rehearse: () => store.rehearse(),
    verify: () => store.verify(),
    close: () => store.close(),
    async write(work) {
      const answer = await store.write(work);
      if (isLost || !(await store.read(isDone))) return answer;
      isLost = true;
      throw new KleenetError('DATABASE_UNAVAILABLE', 'the answer is lost');
    },
  };
  return { ...later, store: losing };
}

test('what is gone is not parked, though its removal seemed to fail', async () => {
  const found = await scene();
  const { container, network } = found;
  await setContainer(found, { state: 'removing' });
  const gone = ({ containers }: Snapshot): boolean => containers.get(container.id) === undefined;
  await refused(recoverContainer(losingAnswer(found, gone), container.id), 'PARKED', /is lost/);
  await setNetwork(found, 'removing');
  const away = ({ networks }: Snapshot): boolean => networks.get(network.id) === undefined;
  await refused(recoverNetwork(losingAnswer(found, away), network.id), 'PARKED', /is lost/);
  assert.deepEqual(await look(found, ({ networks }) => networks.list()), []);
});

test('a network that is ready is left alone', async () => {
  const found = await scene();
  assert.deepEqual(await recoverNetwork(found.later, found.network.id), found.network);
  assert.deepEqual(found.told, []);
});

for (const state of ['creating', 'removing'] as const) {
  test(`a network that is ${state} goes, and its containers leave it`, async () => {
    const found = await scene();
    await setNetwork(found, state);
    assert.equal(await recoverNetwork(found.later, found.network.id, { patience: 7 }), undefined);
    const { id } = found.container;
    assert.deepEqual(found.told.slice(0, 4), [
      'orphans 7',
      `lock container-${id} exclusive 7`,
      'detach',
      'networks.down',
    ]);
    assert.deepEqual(await look(found, ({ networks }) => networks.list()), []);
    const { endpoints, state: now } = await core.inspectContainer(found.engine, 'a');
    assert.deepEqual([endpoints, now], [[], 'running']);
    assert.deepEqual(await core.checkSystem(found.engine), []);
  });
}

test('a network that cannot be cleaned up is parked with the reason', async () => {
  const found = await scene({ meet: failingAt('networks.down') });
  const { later, network } = found;
  await setNetwork(found, 'removing');
  const { details } = await refused(recoverNetwork(later, network.id), 'PARKED', /says no$/);
  assert.deepEqual(details, { code: 'PLATFORM_COMMAND_FAILED', status: 1 });
  const parked = await look(found, ({ networks }) => networks.get(network.id));
  assert.deepEqual(parked, { ...network, state: 'removing', parked: 'the host says no' });
});

test('a container is recovered before it leaves a network, and waits as the caller says', async () => {
  const found = await scene();
  await endCommand(found);
  await emptyNetwork(found.later, found.network, { patience: 7 });
  const { id } = found.container;
  assert.deepEqual(found.told, [
    `lock container-${id} exclusive 7`,
    'orphans 7',
    'detach',
    'sandboxes.destroy',
  ]);
  assert.deepEqual((await core.inspectContainer(found.engine, 'a')).endpoints, []);
});

for (const what of ['the container', 'the endpoint'] as const) {
  test(`${what} that goes by its recovery has left the network`, async () => {
    const found = await scene();
    if (what === 'the container') await setContainer(found, { state: 'removing' });
    else await setEndpoint(found, 'disconnecting');
    await emptyNetwork(found.later, found.network);
    assert.deepEqual(
      found.told.filter((one) => one === 'detach'),
      ['detach'],
    );
    const { endpoints, containers } = await look(found, (snapshot) => ({
      endpoints: snapshot.endpoints.list(),
      containers: snapshot.containers.list(),
    }));
    assert.deepEqual([endpoints.length, containers.length], [0, what === 'the container' ? 0 : 1]);
  });
}

test('an image that is ready is left alone, and another one goes', async () => {
  const found = await scene();
  const { engine, later } = found;
  const ready = sampleImage();
  const broken = [sampleImage({ state: 'creating' }), sampleImage({ state: 'removing' })];
  await engine.store.write((tx) => [ready, ...broken].map((image) => tx.images.insert(image)));
  assert.deepEqual(await recoverImage(later, ready.id), ready);
  assert.deepEqual(found.told, []);
  for (const { id } of broken)
    assert.equal(await recoverImage(later, id, { patience: 7 }), undefined);
  assert.deepEqual(found.told, ['orphans 7', 'images.remove', 'orphans 7', 'images.remove']);
  assert.deepEqual(await look(found, ({ images }) => images.list()), [ready]);
});

test.run();
