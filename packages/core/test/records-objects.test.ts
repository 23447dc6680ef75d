/** How objects are found, numbered and locked, and what is undone when making one fails. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { KleenetError } from '../src/errors.ts';
import type { Engine } from '../src/engine/context.ts';
import { liveResources, ownerless, containerOwner } from '../src/engine/records/claims.ts';
import { acquireLocks, withLocks, withNewObject } from '../src/engine/records/locking.ts';
import { makeRoom, nextOrder } from '../src/engine/records/order.ts';
import {
  resolveContainer,
  resolveImage,
  resolveNetwork,
  vanished,
} from '../src/engine/records/resolve.ts';
import { rollback } from '../src/engine/records/rollback.ts';
import { ORDER_LIMIT } from '../src/kit/preference.ts';
import type { Endpoint } from '../src/model.ts';
import type { Snapshot, Transaction } from '../src/store.ts';
import { newProcess, newWorld } from './support/engine.ts';
import { refusal, refused } from './support/refusals.ts';
import {
  sampleClaim,
  sampleContainer,
  sampleEndpoint,
  sampleImage,
  sampleNetwork,
} from './support/samples.ts';

const KINDS = {
  network: [resolveNetwork, 'NETWORK_NOT_FOUND', "'klee network ls' lists them"],
  container: [resolveContainer, 'CONTAINER_NOT_FOUND', "'klee container ls -a' lists them"],
  image: [resolveImage, 'IMAGE_NOT_FOUND', "'klee image ls' lists them"],
} as const;
const IDS = ['aaaa11111111', 'aaaa22222222'] as const;

/** Two objects of each kind, `one` and `two`. */
async function filled(engine: Engine): Promise<void> {
  await engine.store.write((tx) => {
    for (const [index, name] of ['one', 'two'].entries()) {
      const id = IDS[index] ?? '';
      tx.networks.insert(sampleNetwork({ id, name }));
      tx.containers.insert(sampleContainer({ id, name }));
      tx.images.insert(sampleImage({ id, name }));
    }
  });
}

for (const [kind, [resolve, missing, hint]] of Object.entries(KINDS)) {
  test(`a ${kind} is found by its name, its id and a prefix of one id`, async () => {
    const { engine } = newProcess(newWorld());
    await filled(engine);
    const find = (reference: string): Promise<string> =>
      engine.store.read((snapshot: Snapshot) => resolve(snapshot, reference).name);
    assert.equal(await find('two'), 'two');
    assert.equal(await find(IDS[0]), 'one');
    assert.equal(await find('aaaa2'), 'two');
    const several = await refused(
      find('aaaa'),
      'ID_AMBIGUOUS',
      new RegExp(`one ${kind} has an id`),
    );
    assert.deepEqual(several.details, { [kind]: 'aaaa' });
    for (const reference of ['three', 'bbbb', `${IDS[0]}a`]) {
      const { details, hint: said } = await refused(find(reference), missing);
      assert.deepEqual([details, said], [{ [kind]: reference }, hint]);
    }
  });

  test(`a ${kind} that was removed meanwhile is told as one that there is not`, () => {
    const error = vanished(kind as keyof typeof KINDS, 'one');
    assert.deepEqual([error.code, error.details, error.hint], [missing, { [kind]: 'one' }, hint]);
    assert.match(error.message, new RegExp(`^${kind} "one" not found: it has just been removed$`));
  });
}

test('endpoints of a container are numbered from 0, and again from 0 when the numbers are used up', async () => {
  const { engine } = newProcess(newWorld());
  const container = sampleContainer();
  const networks = [sampleNetwork(), sampleNetwork()];
  await engine.store.write((tx) => {
    tx.containers.insert(container);
    for (const network of networks) tx.networks.insert(network);
    assert.equal(nextOrder(tx, container), 0);
    for (const [index, network] of networks.entries()) {
      const order = index === 0 ? 3 : ORDER_LIMIT - 2;
      tx.endpoints.insert(sampleEndpoint(network, container, { order }));
      assert.equal(nextOrder(tx, container), order + 1);
    }
    assert.equal(makeRoom(tx, container), false);
    const [, last] = tx.endpoints.byContainer(container.id);
    assert.ok(last !== undefined);
    tx.endpoints.update({ ...last, order: ORDER_LIMIT - 1 });
    assert.equal(makeRoom(tx, container), true);
    assert.deepEqual(
      tx.endpoints.byContainer(container.id).map(({ order, networkId }) => [order, networkId]),
      networks.map(({ id }, index) => [index, id]),
    );
  });
});

test('a container with as many endpoints as there are numbers gets no other one', () => {
  const container = sampleContainer({ name: 'box' });
  const network = sampleNetwork();
  const full = Array.from({ length: ORDER_LIMIT }, (_, order) =>
    sampleEndpoint(network, container, { order }),
  );
  const numbers: number[] = [];
  const holding = (endpoints: typeof full): Transaction =>
    ({
      endpoints: {
        byContainer: () => endpoints,
        update: ({ order }: Endpoint) => void numbers.push(order),
      },
    }) as unknown as Transaction;
  const { message } = refusal(() => makeRoom(holding(full), container), 'INVALID_ARGUMENT');
  assert.match(message, /'box' is connected to 1024/);
  assert.deepEqual(numbers, []);
  assert.equal(makeRoom(holding(full.slice(1)), container), true);
  assert.equal(numbers.length, ORDER_LIMIT - 1);
});

test('what fails is undone, and the first failure is thrown', async () => {
  const { engine, warnings } = newProcess(newWorld());
  const done: string[] = [];
  const undo = (): Promise<void> => Promise.resolve(void done.push('undone'));
  assert.equal(await rollback(engine, () => Promise.resolve(7), undo), 7);
  assert.deepEqual(done, []);
  const first = new KleenetError('NAME_TAKEN', 'first');
  await assert.rejects(
    rollback(engine, () => Promise.reject(first), undo),
    first,
  );
  assert.deepEqual(done, ['undone']);
  assert.deepEqual(warnings, []);
  const second = (): Promise<void> => Promise.reject(new Error('second'));
  await assert.rejects(
    rollback(engine, () => Promise.reject(first), second),
    first,
  );
  assert.deepEqual(warnings, ['not everything could be undone: second']);
});

/** An engine whose locks tell what is done with them, and of which one is taken. */
function lockedBy(engine: Engine, said: string[], busy = ''): Engine {
  return {
    ...engine,
    patience: 5,
    locks: {
      acquire: ({ key, mode, patience }) => {
        if (key === busy) return Promise.reject(new KleenetError('OBJECT_BUSY', key));
        said.push(`${mode} ${key} within ${patience}`);
        return Promise.resolve({ release: () => void said.push(`release ${key}`) });
      },
      discard: (key) => void said.push(`discard ${key}`),
    },
  };
}

test('locks are released in the reverse order, also when one of them is taken', async () => {
  const { engine } = newProcess(newWorld());
  const said: string[] = [];
  const set = { networks: ['n'], containers: ['c'], images: ['i'] };
  (await acquireLocks(lockedBy(engine, said), set)).release();
  assert.deepEqual(said.splice(0).slice(3), [
    'release image-i',
    'release container-c',
    'release network-n',
  ]);
  await refused(acquireLocks(lockedBy(engine, said, 'image-i'), set), 'OBJECT_BUSY');
  assert.deepEqual(said.slice(2), ['release container-c', 'release network-n']);
});

test('locks are awaited as long as the engine does, or as the operation says', async () => {
  const { engine } = newProcess(newWorld());
  const said: string[] = [];
  await acquireLocks(lockedBy(engine, said), { networks: ['n'] });
  await acquireLocks(lockedBy(engine, said), {
    networks: ['n'],
    networkMode: 'exclusive',
    patience: 0,
  });
  assert.deepEqual(said, ['shared network-n within 5', 'exclusive network-n within 0']);
});

test('locks are held until the work is done', async () => {
  const { engine } = newProcess(newWorld());
  const said: string[] = [];
  const work = async (): Promise<number> => {
    await new Promise((resolve) => setImmediate(resolve));
    said.push('worked');
    return 7;
  };
  assert.equal(await withLocks(lockedBy(engine, said), { images: ['i'] }, work), 7);
  assert.deepEqual(said.splice(0).slice(1), ['worked', 'release image-i']);
  const container = { kind: 'container', id: 'c' } as const;
  assert.equal(
    await withNewObject(lockedBy(engine, said), container, { networks: ['n'] }, work),
    7,
  );
  assert.deepEqual(said, [
    'shared network-n within 5',
    'exclusive container-c within 5',
    'worked',
    'release container-c',
    'release network-n',
    'discard container-c',
  ]);
});

test('a claim of another host says where it was made, and what is here', () => {
  const here = { platform: 'linux', hostId: 'h', bootId: 'b', commandPrefix: [] } as const;
  const there = { ...here, platform: 'freebsd', commandPrefix: ['ssh', 'a'] } as const;
  const beside = { ...here, commandPrefix: ['doas'] } as const;
  const sample = sampleClaim(containerOwner(sampleContainer()));
  const current = { ...here, hostId: 'other' };
  for (const [host, said] of [
    [here, '(linux, h)'],
    [there, '(freebsd, h, ssh a)'],
    [beside, '(linux, h, doas)'],
  ] as const) {
    const { details, message } = refusal(
      () => liveResources([{ ...sample, host }], current),
      'STATE_FOREIGN',
    );
    assert.deepEqual(details, { recorded: host, current });
    assert.ok(message.endsWith(said), message);
  }
});

test('clean-up of what belongs to no object claims nothing', async () => {
  const operation = ownerless();
  assert.ok(!operation.signal.aborted);
  await assert.rejects(
    operation.claim({ kind: 'interface', name: 'kle1' }),
    /claimed without an object/,
  );
});

test.run();
