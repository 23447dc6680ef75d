/** How use cases obtain their objects: locked, recovered, and read again. */
import { KleenetError } from '../../errors.ts';
import type { Container, Network, Owner } from '../../model.ts';
import type { LockMode, Snapshot } from '../../store.ts';
import type { Engine } from '../context.ts';
import { acquireLocks, withLocks } from '../records/locking.ts';
import type { HeldLocks } from '../records/locking.ts';
import { recoverContainer, recoverImage, recoverNetwork } from './recovery.ts';
import { resolveContainer, resolveNetwork, vanished } from '../records/resolve.ts';

/** A container whose lock the caller holds exclusively, and those of all its networks shared. */
export interface LockedContainer extends HeldLocks {
  readonly container: Container;
}

export interface LockContainerOptions {
  /** Further networks to lock shared, by id. */
  readonly networks?: readonly string[];
  /** For locks and for commands of dead processes, in milliseconds. Default: the engine's. */
  readonly patience?: number | undefined;
}

/**
 * Locks a container with its networks, and completes the operation of a dead process on it. Undefined when it is gone.
 * Its set of networks is only certain under its lock, so this may take more than one try.
 */
export async function lockContainer(
  engine: Engine,
  id: string,
  options: LockContainerOptions = {},
): Promise<LockedContainer | undefined> {
  const { patience } = options;
  for (;;) {
    const networks = [...(options.networks ?? []), ...(await networksOf(engine, id))];
    await settleNetworks(engine, networks, patience);
    const held = await acquireLocks(engine, { networks, containers: [id], patience });
    try {
      const now = await networksOf(engine, id);
      if (now.every((network) => networks.includes(network))) {
        const container = await recoverContainer(engine, id, { patience });
        if (container !== undefined) return { container, ...held };
        engine.locks.discard(`container-${id}`);
        held.release();
        return undefined;
      }
      held.release();
    } catch (error) {
      held.release();
      throw error;
    }
  }
}

/** Recovers networks whose creation or removal a dead process left unfinished. */
async function settleNetworks(
  engine: Engine,
  ids: readonly string[],
  patience?: number,
): Promise<void> {
  const unsettled = await engine.store.read((snapshot) =>
    ids.filter((id) => {
      const network = snapshot.networks.get(id);
      return network !== undefined && network.state !== 'ready';
    }),
  );
  for (const id of unsettled) await settleNetwork(engine, id, patience);
}

function networksOf(engine: Engine, containerId: string): Promise<string[]> {
  return engine.store.read((snapshot) =>
    snapshot.endpoints.byContainer(containerId).map(({ networkId }) => networkId),
  );
}

/** Runs `work` with a container locked and recovered. @throws KleenetError CONTAINER_NOT_FOUND */
export async function withContainer<T>(
  engine: Engine,
  reference: string,
  work: (container: Container) => Promise<T>,
  options: LockContainerOptions = {},
): Promise<T> {
  const { id } = await engine.store.read((snapshot) => resolveContainer(snapshot, reference));
  const locked = await lockContainer(engine, id, options);
  if (locked === undefined) throw vanished('container', reference);
  try {
    return await work(locked.container);
  } finally {
    locked.release();
  }
}

/** Runs `work` with a network locked and recovered. @throws KleenetError NETWORK_NOT_FOUND */
export async function withNetwork<T>(
  engine: Engine,
  reference: string,
  mode: LockMode,
  work: (network: Network) => Promise<T>,
): Promise<T> {
  const { id } = await settledNetwork(engine, reference);
  return withLocks(engine, { networks: [id], networkMode: mode }, async () => {
    const network = await engine.store.read((snapshot) => snapshot.networks.get(id));
    if (network?.state !== 'ready') throw vanished('network', reference);
    return work(network);
  });
}

/**
 * A network without an unfinished operation; an unfinished one is recovered first.
 * @throws KleenetError NETWORK_NOT_FOUND
 */
export async function settledNetwork(engine: Engine, reference: string): Promise<Network> {
  const network = await engine.store.read((snapshot) => resolveNetwork(snapshot, reference));
  if (network.state === 'ready') return network;
  const recovered = await settleNetwork(engine, network.id);
  if (recovered === undefined) throw vanished('network', reference);
  return recovered;
}

function settleNetwork(
  engine: Engine,
  id: string,
  patience?: number,
): Promise<Network | undefined> {
  return withLocks(engine, { networks: [id], networkMode: 'exclusive', patience }, () =>
    recoverNetwork(engine, id, { patience }),
  );
}

/**
 * Frees a name for a new object: recovers an unfinished creation or removal of a dead process under this name.
 * @throws KleenetError NAME_TAKEN when the name is still taken afterwards
 */
export async function requireFreeName(
  engine: Engine,
  kind: 'network' | 'container' | 'image',
  name: string,
): Promise<void> {
  const find = (): Promise<{ id: string; state: string } | undefined> =>
    engine.store.read((snapshot) => tableOf(snapshot, kind).byName(name));
  const holder = await find();
  if (holder !== undefined && holder.state !== 'ready')
    await settle(engine, { kind, id: holder.id });
  const still = holder === undefined ? undefined : await find();
  if (still === undefined) return;
  throw new KleenetError('NAME_TAKEN', `a ${kind} named '${name}' already exists`, {
    hint: `choose another name, or remove it with 'klee ${kind} rm ${name}'`,
    details: { [kind]: name, id: still.id },
  });
}

function tableOf(
  snapshot: Snapshot,
  kind: 'network' | 'container' | 'image',
): { byName(name: string): { id: string; state: string } | undefined } {
  return { network: snapshot.networks, container: snapshot.containers, image: snapshot.images }[
    kind
  ];
}

/** Recovers one object, if its lock can be had within the patience. @throws KleenetError OBJECT_BUSY, PARKED */
export async function settle(engine: Engine, owner: Owner, patience?: number): Promise<void> {
  switch (owner.kind) {
    case 'network':
      await settleNetwork(engine, owner.id, patience);
      return;
    case 'image':
      await withLocks(engine, { images: [owner.id], patience }, () =>
        recoverImage(engine, owner.id, { patience }),
      );
      return;
    case 'container':
      (await lockContainer(engine, owner.id, { patience }))?.release();
      return;
    case 'endpoint': {
      const endpoint = await engine.store.read((snapshot) => snapshot.endpoints.get(owner.id));
      if (endpoint !== undefined)
        (await lockContainer(engine, endpoint.containerId, { patience }))?.release();
    }
  }
}
