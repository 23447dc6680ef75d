import { KleenetError } from '../../errors.ts';
import type { Container } from '../../model.ts';
import { mendingOthers } from '../lifecycle/attach-again.ts';
import type { Engine } from '../context.ts';
import { refreshHosts } from '../lifecycle/hosts-files.ts';
import { lockContainer } from '../lifecycle/objects.ts';
import { resolveContainer } from '../records/resolve.ts';
import { currentRun } from '../host/runs.ts';
import { sweep } from '../lifecycle/sweep.ts';
import { containerOwner, liveResources } from '../records/claims.ts';
import { eraseContainer } from '../lifecycle/removal.ts';

export interface RemoveContainerOptions {
  /** Kill the command if it runs, without waiting. */
  readonly force?: boolean;
}

/**
 * Removes a container, its files and its endpoints, and frees their addresses. Returns its id. Can be repeated until it
 * is done.
 * @throws KleenetError CONTAINER_NOT_FOUND, CONTAINER_RUNNING, PLATFORM_COMMAND_FAILED
 */
export function removeContainer(
  engine: Engine,
  reference: string,
  options: RemoveContainerOptions = {},
): Promise<string> {
  return mendingOthers(engine, () => removeNamed(engine, reference, options));
}

async function removeNamed(
  engine: Engine,
  reference: string,
  options: RemoveContainerOptions = {},
): Promise<string> {
  const { id } = await engine.store.read((snapshot) => resolveContainer(snapshot, reference));
  await engine.platform.requirePrivilege();
  const networks = await networksOf(engine, id);
  await removeById(engine, id, options.force === true ? 'always' : 'unless running');
  await refreshHosts(engine, { networks });
  return id;
}

/** Removes the containers that do not run, and reports the id of each removed one. */
export function pruneContainers(engine: Engine, removed: (id: string) => void): Promise<void> {
  return mendingOthers(engine, () => removeStopped(engine, removed));
}

async function removeStopped(engine: Engine, removed: (id: string) => void): Promise<void> {
  await sweep(engine);
  const containers = await engine.store.read((snapshot) => snapshot.containers.list());
  if (containers.length > 0) await engine.platform.requirePrivilege();
  for (const { id } of containers) {
    const networks = await networksOf(engine, id);
    if (!(await removeById(engine, id, 'if stopped'))) continue;
    removed(id);
    await refreshHosts(engine, { networks });
  }
}

function networksOf(engine: Engine, containerId: string): Promise<readonly string[]> {
  return engine.store.read((snapshot) =>
    snapshot.endpoints.byContainer(containerId).map(({ networkId }) => networkId),
  );
}

async function removeById(
  engine: Engine,
  id: string,
  when: 'always' | 'unless running' | 'if stopped',
): Promise<boolean> {
  const locked = await lockContainer(engine, id);
  // Gone already: the recovery has just completed an earlier try.
  if (locked === undefined) return true;
  try {
    const { container } = locked;
    const run = await engine.store.read((snapshot) => currentRun(snapshot, id));
    if (run !== undefined && when === 'if stopped') return false;
    if (run !== undefined && when === 'unless running') throw stillRunning(container);
    const identity = await engine.platform.identity();
    await engine.store.write((tx) => {
      // Refuses another host's container before anything is changed.
      liveResources(tx.claims.byOwner(containerOwner(container)), identity);
      tx.containers.update({ ...container, state: 'removing' });
    });
    if (run !== undefined) await engine.platform.sandboxes.stop({ container, run }, 'KILL', 0);
    await eraseContainer(engine, container);
    engine.locks.discard(`container-${id}`);
    return true;
  } finally {
    locked.release();
  }
}

function stillRunning(container: Container): KleenetError {
  return new KleenetError('CONTAINER_RUNNING', `container '${container.name}' is running`, {
    hint: `stop it first, or kill and remove it with 'klee container rm -f ${container.name}'`,
    details: { container: container.name },
  });
}
