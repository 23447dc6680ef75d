import type { Lock, LockMode } from '../store.ts';
import type { Engine } from './context.ts';

/** The objects that an operation locks. */
export interface LockSet {
  readonly networks?: readonly string[];
  /** Default `shared`. */
  readonly networkMode?: LockMode;
  readonly containers?: readonly string[];
  readonly images?: readonly string[];
  /** In milliseconds. Default: the engine's. */
  readonly patience?: number;
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
      held.push(await engine.locks.acquire({ ...request, purpose: engine.purpose, patience }, engine.signal));
    }
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

/** Runs `work` with the locks held. */
export async function withLocks<T>(engine: Engine, set: LockSet, work: () => Promise<T>): Promise<T> {
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
