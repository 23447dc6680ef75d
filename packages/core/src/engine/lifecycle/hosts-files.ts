/** The names by which containers of a network know each other. */
import { hasCode } from '../../errors.ts';
import type { Container, HostIdentity } from '../../model.ts';
import { byPreference, inFamilyOrder } from '../../kit/index.ts';
import type { HostsFile, HostsEntry } from '../../platform.ts';
import type { Snapshot } from '../../store.ts';
import type { Engine } from '../context.ts';
import { cleanupFor, containerOwner } from '../records/claims.ts';
import { acquireLock } from '../records/locking.ts';

/**
 * The hosts file of a container: its own names and those of all containers that share a network with it, each address
 * once. Programs use the first address of a name; it is in the first network of the container that both share.
 */
export function hostsEntries(snapshot: Snapshot, container: Container): readonly HostsEntry[] {
  const own = snapshot.endpoints.byContainer(container.id).toSorted(byPreference);
  const all = own.flatMap(({ networkId }) => snapshot.endpoints.byNetwork(networkId));
  return all.flatMap(({ containerId, addresses }) => {
    const name = snapshot.containers.get(containerId)?.name;
    if (name === undefined) return [];
    return inFamilyOrder(addresses).map((address) => ({ address, names: [name] }));
  });
}

/** The containers whose hosts files are to be written. */
export interface Concerned {
  /** Every running container on these, by id. */
  readonly networks: readonly string[];
  /** And this container, which need not be on any of them. */
  readonly also?: string;
}

/**
 * Rewrites the hosts files of all affected running containers after a change of the state. A failure is logged and
 * undoes nothing: the next change writes the files again.
 */
export async function refreshHosts(engine: Engine, concerned: Concerned): Promise<void> {
  const identity = await engine.platform.identity();
  const [first] = await engine.store.read((snapshot) => running(snapshot, concerned, identity));
  if (first === undefined) return;
  const lock = await acquireLock(engine, 'hosts', engine.patience).catch((error: unknown) => {
    // The caller's work is done, however slow other writers are, and however full the disk is.
    if (!hasCode(error, 'OBJECT_BUSY', 'DISK_FULL')) throw error;
    warn(engine, error);
  });
  if (lock === undefined) return;
  try {
    const hosts = await engine.store.read((snapshot) =>
      running(snapshot, concerned, identity).map((container): HostsFile => ({
        container,
        entries: hostsEntries(snapshot, container),
      })),
    );
    await engine.platform.sandboxes.setHostsFiles(hosts, cleanupFor(engine, containerOwner(first)));
  } catch (error) {
    warn(engine, error);
  } finally {
    lock.release();
  }
}

function warn({ logger }: Engine, error: unknown): void {
  logger.warn(
    `the names in running containers are not up to date: ${error instanceof Error ? error.message : String(error)}`,
  );
}

function running(
  snapshot: Snapshot,
  { networks, also }: Concerned,
  { bootId }: HostIdentity,
): Container[] {
  const connected = networks.flatMap((id) =>
    snapshot.endpoints.byNetwork(id).map(({ containerId }) => containerId),
  );
  return [...new Set([...connected, ...(also === undefined ? [] : [also])])].flatMap((id) => {
    const run = snapshot.runs.byContainer(id);
    const container = snapshot.containers.get(id);
    return run?.state === 'running' && run.bootId === bootId && container !== undefined
      ? [container]
      : [];
  });
}
