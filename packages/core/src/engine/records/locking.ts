import { hasCode } from '../../errors.ts';
import type { Network } from '../../model.ts';
import type { Lock, LockMode } from '../../store.ts';
import type { Engine } from '../context.ts';

/** The objects that an operation locks. */
export interface LockSet {
  readonly networks?: readonly string[];
  /** Default `shared`. */
  readonly networkMode?: LockMode;
  readonly containers?: readonly string[];
  readonly images?: readonly string[];
  /** In milliseconds. Default: the engine's. */
  readonly patience?: number | undefined;
}

/** Holds locks until `release`, which may be called twice. */
export interface HeldLocks {
  release(): void;
}

/** The name of an object's lock. */
export function lockKey(kind: 'network' | 'container' | 'image' | 'endpoint', id: string): string {
  return `${kind}-${id}`;
}

/**
 * Takes all locks in the one order that cannot deadlock: networks, containers, images, each by id.
 * @throws KleenetError OBJECT_BUSY, INTERRUPTED
 */
export async function acquireLocks(engine: Engine, set: LockSet): Promise<HeldLocks> {
  const requests = [
    ...keys('network', set.networks).map((key) => ({ key, mode: set.networkMode ?? 'shared' })),
    ...keys('container', set.containers).map((key) => ({ key, mode: 'exclusive' as const })),
    ...keys('image', set.images).map((key) => ({ key, mode: 'exclusive' as const })),
  ];
  const held: Lock[] = [];
  const release = (): void => {
    for (const lock of held.splice(0).toReversed()) lock.release();
  };
  try {
    for (const request of requests) {
      const patience = set.patience ?? engine.patience;
      held.push(
        await engine.locks.acquire(
          { ...request, purpose: engine.purpose, patience },
          engine.signal,
        ),
      );
    }
  } catch (error) {
    release();
    throw error;
  }
  engine.forgetReadings?.();
  return { release };
}

/** Some containers, with the locks that were free. */
export interface FreeLocks extends HeldLocks {
  /** Those whose lock is held now; none where a network is locked. */
  readonly containers: readonly string[];
}

/** Takes the locks of containers that are free at the moment, and shares those of their networks. */
export async function acquireFree(
  engine: Engine,
  { networks, containers }: Required<Pick<LockSet, 'networks' | 'containers'>>,
): Promise<FreeLocks> {
  const held: HeldLocks[] = [];
  const release = (): void => {
    for (const lock of held.splice(0).toReversed()) lock.release();
  };
  const take = async (set: LockSet): Promise<boolean> => {
    try {
      held.push(await acquireLocks(engine, { ...set, patience: 0 }));
      return true;
    } catch (error) {
      if (hasCode(error, 'OBJECT_BUSY')) return false;
      release();
      throw error;
    }
  };
  const free: string[] = [];
  if (await take({ networks }))
    for (const id of containers.toSorted()) if (await take({ containers: [id] })) free.push(id);
  return { containers: free, release };
}

/** Locked networks. */
export interface LockedNetworks<T> extends HeldLocks {
  readonly networks: readonly T[];
}

/**
 * Takes the locks of networks, in the order that cannot deadlock. Those whose lock cannot be had are told with the reason.
 */
export async function acquireNetworks<T extends Pick<Network, 'id'>>(
  engine: Engine,
  networks: readonly T[],
  networkMode: LockMode,
  failed: (network: T, error: unknown) => void,
): Promise<LockedNetworks<T>> {
  const held = new Map<T, HeldLocks>();
  const release = (): void => {
    for (const lock of [...held.values()].toReversed()) lock.release();
    held.clear();
  };
  try {
    for (const network of networks.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      try {
        held.set(network, await acquireLocks(engine, { networks: [network.id], networkMode }));
      } catch (error) {
        failed(network, error);
      }
    }
  } catch (error) {
    release();
    throw error;
  }
  return { networks: networks.filter((network) => held.has(network)), release };
}

/** Takes a lock that is not of an object: of the firewall, of hosts files, of bringing up a network. */
export async function acquireLock(engine: Engine, key: string, patience: number): Promise<Lock> {
  const { locks, purpose } = engine;
  const lock = await locks.acquire({ key, mode: 'exclusive', purpose, patience });
  engine.forgetReadings?.();
  return lock;
}

/** An object that is about to be created. Its lock is taken before any other process can know of it. */
export interface NewObject {
  readonly kind: 'network' | 'container' | 'image';
  readonly id: string;
}

/** Runs the creation of an object with its lock held; deletes the lock if there is no such object afterwards. */
export async function withNewObject<T>(
  engine: Engine,
  object: NewObject,
  set: Pick<LockSet, 'networks'>,
  work: () => Promise<T>,
): Promise<T> {
  const own =
    object.kind === 'network'
      ? { networks: [object.id], networkMode: 'exclusive' as const }
      : { ...set, [`${object.kind}s`]: [object.id] };
  const held = await acquireLocks(engine, own);
  try {
    return await work();
  } finally {
    held.release();
    await discardUnlessThere(engine, object);
  }
}

async function discardUnlessThere(engine: Engine, { kind, id }: NewObject): Promise<void> {
  const there = await engine.store.read((snapshot) => snapshot[`${kind}s`].get(id) !== undefined);
  if (!there) engine.locks.discard(lockKey(kind, id));
}

/** Runs `work` with the locks held. */
export async function withLocks<T>(
  engine: Engine,
  set: LockSet,
  work: () => Promise<T>,
): Promise<T> {
  const held = await acquireLocks(engine, set);
  try {
    return await work();
  } finally {
    held.release();
  }
}

function keys(kind: 'network' | 'container' | 'image', ids: readonly string[] = []): string[] {
  return [...new Set(ids)].toSorted().map((id) => lockKey(kind, id));
}
