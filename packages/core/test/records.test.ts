/** What is recorded and locked around an operation on the host. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { hasCode } from '../src/errors.ts';
import type { Engine } from '../src/engine/context.ts';
import {
  containerOwner,
  liveResources,
  networkOwner,
  operationFor,
} from '../src/engine/records/claims.ts';
import { acquireLocks, withNewObject } from '../src/engine/records/locking.ts';
import { CLAIM_FORMAT } from '../src/model.ts';
import type { Claim, Resource } from '../src/model.ts';
import { newProcess, newWorld } from './support/engine.ts';
import { sampleClaim, sampleContainer, sampleNetwork } from './support/samples.ts';

const LINK: Resource = { kind: 'interface', name: 'kle1' };

test('what is claimed during an operation is recorded with its owner, once', async () => {
  const { engine, platform } = newProcess(newWorld());
  const container = sampleContainer();
  await engine.store.write((tx) => tx.containers.insert(container));
  const owner = containerOwner(container);
  const operation = operationFor(engine, owner);
  assert.equal(operation.signal, engine.signal);
  await operation.claim(LINK);
  await operation.claim({ ...LINK });
  await operation.claim({ kind: 'interface', name: 'kle2' });
  const claims = await engine.store.read((snapshot) => snapshot.claims.byOwner(owner));
  assert.deepEqual(
    claims.map(({ resource }) => resource.name),
    ['kle1', 'kle2'],
  );
  for (const { host } of claims) assert.deepEqual(host, await platform.identity());
});

/** An engine that tells which locks it takes. */
function watched(engine: Engine, taken: string[]): Engine {
  const { locks } = engine;
  return {
    ...engine,
    locks: {
      acquire: (request, signal) => {
        taken.push(`${request.mode} ${request.key}`);
        return locks.acquire(request, signal);
      },
      discard: (key) => {
        taken.push(`discard ${key}`);
        locks.discard(key);
      },
    },
  };
}

test('locks are taken in the one order that cannot deadlock, each once', async () => {
  const taken: string[] = [];
  const { engine } = newProcess(newWorld());
  const held = await acquireLocks(watched(engine, taken), {
    images: ['i'],
    containers: ['c', 'b', 'c'],
    networks: ['n', 'm'],
  });
  held.release();
  held.release();
  assert.deepEqual(taken, [
    'shared network-m',
    'shared network-n',
    'exclusive container-b',
    'exclusive container-c',
    'exclusive image-i',
  ]);
});

test('a network is made with its lock for itself alone, which goes if the network is not there afterwards', async () => {
  const taken: string[] = [];
  const { engine } = newProcess(newWorld());
  const network = sampleNetwork();
  const make = (work: () => Promise<void>): Promise<void> =>
    withNewObject(watched(engine, taken), { kind: 'network', id: network.id }, {}, work);
  await make(() => Promise.resolve());
  const lock = `network-${network.id}`;
  assert.deepEqual(taken.splice(0), [`exclusive ${lock}`, `discard ${lock}`]);
  await make(() => engine.store.write((tx) => tx.networks.insert(network)));
  assert.deepEqual(taken, [`exclusive ${lock}`]);
  assert.deepEqual(networkOwner(network), { kind: 'network', id: network.id });
});

test('claims of another host are refused, and of an earlier boot only what lasts is left', () => {
  const identity = {
    platform: 'linux',
    hostId: 'h',
    bootId: 'b',
    commandPrefix: ['ssh', 'a'],
  } as const;
  const claim = (host: object, resource = LINK): Claim => ({
    ...sampleClaim(containerOwner(sampleContainer())),
    resource,
    host: { ...identity, ...host },
  });
  for (const host of [
    { platform: 'freebsd' },
    { hostId: 'other' },
    { commandPrefix: ['ssh', 'b'] },
    { commandPrefix: [] },
  ])
    assert.throws(
      () => liveResources([claim({}), claim(host)], identity),
      (error) => hasCode(error, 'STATE_FOREIGN'),
    );
  const directory: Resource = { kind: 'directory', name: '/x' };
  const earlier = { bootId: 'earlier' };
  const claims = [claim(earlier), claim(earlier, directory), claim({})];
  assert.deepEqual(liveResources(claims, identity), [directory, LINK]);
  assert.throws(
    () => liveResources([{ ...claim({}), format: CLAIM_FORMAT + 1 }], identity),
    (error) => hasCode(error, 'STATE_NEWER'),
  );
});

test.run();
