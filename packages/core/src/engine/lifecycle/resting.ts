/** Removing containers that are at rest: many of them with few commits, and with one command for the files of all. */
import { isKleenetError } from '../../errors.ts';
import { succeeding } from '../../kit/severally.ts';
import type { Container, HostIdentity } from '../../model.ts';
import { survivesReboot } from '../../resource.ts';
import type { Snapshot } from '../../store.ts';
import type { Engine } from '../context.ts';
import { deleteEndpoint } from '../host/endpoints.ts';
import { containerOwner, liveResources, ownerless } from '../records/claims.ts';
import { acquireFree } from '../records/locking.ts';
import type { Settle } from '../records/outcomes.ts';
import { currentRun } from '../records/resolve.ts';

/**
 * Whether a container has nothing on the host but its files, and nothing about it is unfinished: then its removal has
 * nothing to stop, to detach or to recover. What cannot be told needs a closer look.
 */
export function isResting(
  snapshot: Snapshot,
  container: Container,
  identity: HostIdentity,
): boolean {
  if (container.state !== 'ready' || container.parked !== undefined) return false;
  if (currentRun(snapshot, container.id) !== undefined) return false;
  const endpoints = snapshot.endpoints.byContainer(container.id);
  return (
    endpoints.every(({ state }) => state === 'connected') &&
    endpoints.every(({ networkId }) => snapshot.networks.get(networkId)?.state === 'ready') &&
    hasFilesOnly(snapshot, container, identity)
  );
}

function hasFilesOnly(snapshot: Snapshot, container: Container, identity: HostIdentity): boolean {
  try {
    return liveResources(snapshot.claims.byOwner(containerOwner(container)), identity).every(
      survivesReboot,
    );
  } catch (error) {
    // Of another host, or of a later version.
    if (!isKleenetError(error)) throw error;
    return false;
  }
}

/**
 * Removes those of the containers that are at rest, and that no other process works on, and settles each. The others are
 * left as they are.
 */
export async function eraseResting(
  engine: Engine,
  ids: readonly string[],
  settle: Settle,
): Promise<void> {
  const networks = await engine.store.read((snapshot) => networksOf(snapshot, ids));
  const held = await acquireFree(engine, { networks, containers: ids });
  try {
    const identity = await engine.platform.identity();
    const { bare, stored } = await engine.store.read((snapshot) =>
      restingAmong(snapshot, held.containers, networks, identity),
    );
    const erased = [...bare, ...(await removeFiles(engine, stored, settle))];
    await engine.store.write((tx) => {
      for (const { id } of erased) {
        for (const endpoint of tx.endpoints.byContainer(id)) deleteEndpoint(tx, endpoint);
        tx.claims.removeByOwner({ kind: 'container', id });
        tx.containers.remove(id);
      }
    });
    for (const { id } of erased) {
      engine.locks.discard(`container-${id}`);
      settle(id);
    }
  } finally {
    held.release();
  }
}

function networksOf(snapshot: Snapshot, ids: readonly string[]): readonly string[] {
  const all = ids.flatMap((id) => snapshot.endpoints.byContainer(id));
  return [...new Set(all.map(({ networkId }) => networkId))];
}

interface Resting {
  /** Nothing of them is on the host. */
  readonly bare: readonly Container[];
  readonly stored: readonly Container[];
}

/** Which networks a container has is only certain under its lock. */
function restingAmong(
  snapshot: Snapshot,
  ids: readonly string[],
  networks: readonly string[],
  identity: HostIdentity,
): Resting {
  const resting = ids
    .flatMap((id) => snapshot.containers.get(id) ?? [])
    .filter((container) => isResting(snapshot, container, identity))
    .filter(({ id }) => networksOf(snapshot, [id]).every((one) => networks.includes(one)));
  const hasFiles = (container: Container): boolean =>
    snapshot.claims.byOwner(containerOwner(container)).length > 0;
  return {
    bare: resting.filter((container) => !hasFiles(container)),
    stored: resting.filter(hasFiles),
  };
}

/** Returns those whose files are gone. If removing them together fails, each is removed by itself, and settled. */
async function removeFiles(
  engine: Engine,
  containers: readonly Container[],
  settle: Settle,
): Promise<readonly Container[]> {
  if (containers.length === 0) return [];
  await engine.store.write((tx) => {
    for (const container of containers) tx.containers.update({ ...container, state: 'removing' });
  });
  try {
    await engine.platform.sandboxes.removeStorages(containers, ownerless());
    return containers;
  } catch (error) {
    if (!isKleenetError(error)) throw error;
    const [only, ...more] = containers;
    if (only !== undefined && more.length === 0) {
      settle(only.id, error);
      return [];
    }
    const failed = ({ id }: Container, reason: unknown): void => settle(id, reason);
    return succeeding(containers, failed, (one) => removeFilesOf(engine, one));
  }
}

function removeFilesOf(engine: Engine, container: Container): Promise<void> {
  return engine.platform.sandboxes.removeStorage(container, ownerless());
}
