/** Operations whose klee has died, for `check`. */
import { hasCode } from '../../errors.ts';
import type { Owner } from '../../model.ts';
import type { Snapshot } from '../../store.ts';
import type { Engine } from '../context.ts';
import { lockKey } from '../records/locking.ts';
import type { Finding } from '../requests/requests.ts';

/** One after the other: endpoints of a container have its lock. */
export async function interruptedAmong(
  engine: Engine,
  unsettled: readonly Owner[],
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const owner of unsettled) found.push(...(await interrupted(engine, owner)));
  return found;
}

/** Whether a living klee works on any of these objects, or has ended that meanwhile. */
export async function isAnyInProgress(
  engine: Engine,
  unsettled: readonly Owner[],
): Promise<boolean> {
  return (await interruptedAmong(engine, unsettled)).length < unsettled.length;
}

/** An object in the middle of an operation whose lock is free, if it still is so with that lock: the operation may just have ended. */
async function interrupted(engine: Engine, owner: Owner): Promise<readonly Finding[]> {
  const locked = await engine.store.read((snapshot) =>
    isUnsettled(snapshot, owner) ? lockOwner(snapshot, owner) : undefined,
  );
  if (locked === undefined) return [];
  const lock = { key: lockKey(locked.kind, locked.id), mode: 'exclusive' as const };
  try {
    const held = await engine.locks.acquire({ ...lock, purpose: engine.purpose, patience: 0 });
    try {
      return await engine.store.read((snapshot) =>
        isUnsettled(snapshot, owner) ? [finding(owner, nameOf(snapshot, locked))] : [],
      );
    } finally {
      held.release();
    }
  } catch (error) {
    if (hasCode(error, 'OBJECT_BUSY')) return [];
    throw error;
  }
}

function isUnsettled(snapshot: Snapshot, { kind, id }: Owner): boolean {
  return snapshot.unsettled().some((one) => one.kind === kind && one.id === id);
}

function finding({ kind, id }: Owner, name: string): Finding {
  const message =
    'an operation on it was interrupted; the next command on it, or repair, finishes that';
  return { kind, id, name, message };
}

/** Whose lock an object has: an endpoint has that of its container. */
function lockOwner(snapshot: Snapshot, owner: Owner): Owner | undefined {
  if (owner.kind !== 'endpoint') return owner;
  const endpoint = snapshot.endpoints.get(owner.id);
  return endpoint && { kind: 'container', id: endpoint.containerId };
}

function nameOf(snapshot: Snapshot, { kind, id }: Owner): string {
  const tables = {
    network: snapshot.networks,
    container: snapshot.containers,
    image: snapshot.images,
  };
  return (kind === 'endpoint' ? undefined : tables[kind].get(id)?.name) ?? '';
}
