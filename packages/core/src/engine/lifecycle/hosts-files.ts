/** The files with the names by which containers of a network know each other. */
import { hasCode } from '../../errors.ts';
import type { Container, HostIdentity } from '../../model.ts';
import type { HostsFile } from '../../platform.ts';
import type { Snapshot } from '../../store.ts';
import type { Engine } from '../context.ts';
import { hostsReader } from './hosts-entries.ts';
import { cleanupFor, containerOwner } from '../records/claims.ts';
import { acquireLock } from '../records/locking.ts';

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
  const first = await engine.store.read((snapshot) => {
    const [found] = running(snapshot, concerned, identity);
    return found;
  });
  if (first === undefined) return;
  const lock = await acquireLock(engine, 'hosts', engine.patience).catch((error: unknown) => {
    // The caller's work is done, however slow other writers are, and however full the disk is.
    if (!hasCode(error, 'OBJECT_BUSY', 'DISK_FULL')) throw error;
    warn(engine, error);
  });
  if (lock === undefined) return;
  try {
    const hosts = await engine.store.read((snapshot) => {
      const entriesOf = hostsReader(snapshot, concerned.networks);
      return running(snapshot, concerned, identity).map((container): HostsFile => ({
        container,
        entries: entriesOf(container),
      }));
    });
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

/** Each once, with a few queries for all of them. */
function running(
  snapshot: Snapshot,
  { networks, also }: Concerned,
  { bootId }: HostIdentity,
): readonly Container[] {
  const alone = also === undefined ? undefined : snapshot.containers.get(also);
  const aloneRun = also === undefined ? undefined : snapshot.runs.byContainer(also);
  const runs = [
    ...networks.flatMap((id) => snapshot.members.runs(id)),
    ...(aloneRun === undefined ? [] : [aloneRun]),
  ];
  const live = new Set(
    runs
      .filter((run) => run.state === 'running' && run.bootId === bootId)
      .map(({ containerId }) => containerId),
  );
  if (live.size === 0) return [];
  const containers = [
    ...networks.flatMap((id) => snapshot.members.containers(id)),
    ...(alone === undefined ? [] : [alone]),
  ];
  const byId = new Map(containers.map((container) => [container.id, container]));
  return [...byId.values()].filter(({ id }) => live.has(id));
}
