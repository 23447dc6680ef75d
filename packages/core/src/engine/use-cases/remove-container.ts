import { KleenetError } from '../../errors.ts';
import type { Container } from '../../model.ts';
import { mendingOthers } from '../lifecycle/attach-again.ts';
import type { Snapshot } from '../../store.ts';
import type { Engine } from '../context.ts';
import { refreshHosts } from '../lifecycle/hosts-files.ts';
import { lockContainer } from '../lifecycle/objects.ts';
import { currentRun, resolveContainer, vanished } from '../records/resolve.ts';
import { forNamed, onlyOne, pruning, settleUnlessInterrupted } from '../records/outcomes.ts';
import type { Settle, Tell } from '../records/outcomes.ts';
import { eraseResting, isResting } from '../lifecycle/resting.ts';
import { inGroups, succeeding } from '../../kit/severally.ts';
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
  return onlyOne((tell) => removeContainers(engine, [reference], options, tell));
}

/** The same for several, some of them at the same time; a failure does not stop the work on the others. */
export function removeContainers(
  engine: Engine,
  references: readonly string[],
  options: RemoveContainerOptions,
  tell: Tell,
): Promise<void> {
  const work = async (ids: readonly string[], settle: Settle): Promise<void> => {
    await engine.platform.requirePrivilege();
    await removeAll(engine, ids, options.force === true ? 'always' : 'unless running', settle);
  };
  const named = { references, resolve: resolveContainer, work, again: goneAlready };
  return mendingOthers(engine, () => forNamed(engine, named, tell));
}

function goneAlready(reference: string): KleenetError {
  return vanished('container', reference);
}

/** Removes the containers that do not run, and reports the id of each removed one. */
export function pruneContainers(engine: Engine, removed: (id: string) => void): Promise<void> {
  return mendingOthers(engine, () => removeStopped(engine, removed));
}

async function removeStopped(engine: Engine, removed: (id: string) => void): Promise<void> {
  await sweep(engine);
  const containers = await engine.store.read((snapshot) => snapshot.containers.list());
  if (containers.length === 0) return;
  await engine.platform.requirePrivilege();
  const ids = containers.map(({ id }) => id);
  await pruning(removed, (settle) => removeAll(engine, ids, 'if stopped', settle));
}

/** Running ones stay silently where only stopped ones are to be removed. */
type When = 'always' | 'unless running' | 'if stopped';

/** How many are locked at the same time. */
const GROUP = 100;

/**
 * Removes containers: those at rest in groups, the others one by one. The hosts files of those that stay are written
 * once, in the end.
 */
async function removeAll(
  engine: Engine,
  ids: readonly string[],
  when: When,
  settle: Settle,
): Promise<void> {
  const identity = await engine.platform.identity();
  const { resting, networks } = await engine.store.read((snapshot) => ({
    resting: ids.filter((id) => {
      const container = snapshot.containers.get(id);
      return container !== undefined && isResting(snapshot, container, identity);
    }),
    networks: new Map(ids.map((id) => [id, networksOf(snapshot, id)])),
  }));
  const left = new Set(ids);
  const changed = new Set<string>();
  const done: Settle = (id, error) => {
    left.delete(id);
    if (error === undefined) for (const network of networks.get(id) ?? []) changed.add(network);
    settle(id, error);
  };
  try {
    for (const group of inGroups(resting, GROUP)) await eraseResting(engine, group, done);
    await succeeding([...left], settleUnlessInterrupted(done), async (id) => {
      if (await removeById(engine, id, when)) done(id);
    });
  } finally {
    if (changed.size > 0) await refreshHosts(engine, { networks: [...changed] });
  }
}

function networksOf(snapshot: Snapshot, containerId: string): readonly string[] {
  return snapshot.endpoints.byContainer(containerId).map(({ networkId }) => networkId);
}

async function removeById(engine: Engine, id: string, when: When): Promise<boolean> {
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
