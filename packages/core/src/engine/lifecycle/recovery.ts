/**
 * Finishing what a dead process left. Whoever holds the lock of an object and finds it in the middle of an operation
 * knows that the process that began it is gone: creating operations are rolled back, removing ones rolled forward.
 */
import { KleenetError, isKleenetError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Container, Endpoint, Image, Network, Owner, Run } from '../../model.ts';
import type { Snapshot, Transaction } from '../../store.ts';
import { attachTarget, detach } from '../host/attachment.ts';
import { cleanupHost, liveResources } from '../records/claims.ts';
import type { Engine } from '../context.ts';
import { deleteEndpoint } from '../host/endpoints.ts';
import { withdrawPorts, withdrawRules } from '../host/firewall.ts';
import { endNetworkFlows } from '../host/flows.ts';
import { withLocks } from '../records/locking.ts';
import { currentRun, endRun, eraseContainer } from '../host/runs.ts';
import { tryAll } from '../../try-all.ts';

/** How long a command that was being stopped gets, in milliseconds, when another process has to finish the stop. */
const STOP_GRACE = 10_000;

/** The owner of a network's claims. */
export function networkOwner(network: Network): Owner {
  return { kind: 'network', id: network.id };
}

/** The owner of an image's claims. */
export function imageOwner(image: Image): Owner {
  return { kind: 'image', id: image.id };
}

/**
 * Brings a container back to rest: running as recorded, or stopped with nothing left on the host. The caller holds
 * its lock and shares those of its networks. Answers undefined when the container is gone.
 * @throws KleenetError PARKED when the host cannot be cleaned
 */
export async function recoverContainer(engine: Engine, id: string): Promise<Container | undefined> {
  const found = await engine.store.read((snapshot) => containerState(snapshot, id));
  if (found === undefined) return undefined;
  const { container, run, unfinished } = found;
  const settle = async (): Promise<void> => {
    if (container.state !== 'ready') {
      await engine.awaitOrphans?.(engine.patience);
      return eraseContainer(engine, container);
    }
    const live = run === undefined ? undefined : await recoverRun(engine, container, run);
    if (unfinished.length > 0) await engine.awaitOrphans?.(engine.patience);
    for (const endpoint of unfinished) await dropEndpoint(engine, container, live, endpoint);
  };
  await parking(engine, settle, (tx, parked) => {
    const current = tx.containers.get(id);
    if (current !== undefined) tx.containers.update({ ...current, parked });
  });
  return unpark(engine, id);
}

/** Forgets why an earlier clean-up failed, now that one has succeeded. */
async function unpark(engine: Engine, id: string): Promise<Container | undefined> {
  const settled = await engine.store.read((snapshot) => snapshot.containers.get(id));
  if (settled?.parked === undefined) return settled;
  const { parked: _, ...container } = settled;
  await engine.store.write((tx) => {
    tx.containers.update(container);
  });
  return container;
}

function containerState(
  snapshot: Snapshot,
  id: string,
): { container: Container; run: Run | undefined; unfinished: readonly Endpoint[] } | undefined {
  const container = snapshot.containers.get(id);
  if (container === undefined) return undefined;
  return {
    container,
    run: currentRun(snapshot, id),
    unfinished: snapshot.endpoints.byContainer(id).filter(({ state }) => state !== 'connected'),
  };
}

/** Answers the run if its command is alive and was not to be stopped; ends the run otherwise. */
async function recoverRun(
  engine: Engine,
  container: Container,
  run: Run,
): Promise<Run | undefined> {
  const { sandboxes } = engine.platform;
  const spec = { container, run };
  if (run.state === 'running' && (await isAlive(engine, container, run))) return run;
  await engine.awaitOrphans?.(engine.patience);
  if (run.state === 'stopping') await sandboxes.stop(spec, 'TERM', STOP_GRACE);
  await endRun(engine, container, run);
  if (container.autoRemove && run.state !== 'starting') await eraseContainer(engine, container);
  return undefined;
}

/** Asks the host; a run of an earlier boot is over without asking. */
export async function isAlive(engine: Engine, container: Container, run: Run): Promise<boolean> {
  const host = await engine.platform.identity();
  if (run.bootId !== host.bootId) return false;
  const [state] = await engine.platform.sandboxes.states([{ container, run }]);
  return state === 'running';
}

/** Detaches an endpoint, if its container has a run, and forgets it. */
export async function dropEndpoint(
  engine: Engine,
  container: Container,
  run: Run | undefined,
  endpoint: Endpoint,
): Promise<void> {
  if (run !== undefined) {
    const host = await engine.platform.identity();
    const target = await engine.store.write((tx) => {
      const leaving: Endpoint = { ...endpoint, state: 'disconnecting' };
      if (endpoint.state !== leaving.state) tx.endpoints.update(leaving);
      return attachTarget(tx, container, run, leaving, host);
    });
    await tryAll([() => withdrawPorts(engine, container), () => detach(engine, target)]);
  }
  await engine.store.write((tx) => {
    deleteEndpoint(tx, endpoint);
  });
}

/**
 * Brings a network back to rest. The caller holds its lock exclusively. Answers undefined when the network is gone.
 * @throws KleenetError PARKED when the host cannot be cleaned
 */
export async function recoverNetwork(engine: Engine, id: string): Promise<Network | undefined> {
  const network = await engine.store.read((snapshot) => snapshot.networks.get(id));
  if (network === undefined || network.state === 'ready') return network;
  const settle = async (): Promise<void> => {
    await engine.awaitOrphans?.(engine.patience);
    await emptyNetwork(engine, network);
    await eraseNetwork(engine, network);
  };
  await parking(engine, settle, (tx, parked) => {
    const current = tx.networks.get(id);
    if (current !== undefined) tx.networks.update({ ...current, parked });
  });
  return undefined;
}

/** Disconnects every container of a network that is being removed. The caller holds the network's lock. */
export async function emptyNetwork(engine: Engine, network: Network): Promise<void> {
  const endpoints = await engine.store.read((snapshot) => snapshot.endpoints.byNetwork(network.id));
  for (const { containerId } of endpoints) {
    await withLocks(engine, { containers: [containerId] }, async () => {
      const container = await recoverContainer(engine, containerId);
      const left = await engine.store.read((snapshot) => ({
        endpoint: snapshot.endpoints.find(network.id, containerId),
        run: currentRun(snapshot, containerId),
      }));
      if (container !== undefined && left.endpoint !== undefined) {
        await dropEndpoint(engine, container, left.run, left.endpoint);
      }
    });
  }
}

/** Removes a network that has no endpoints any more from the host, and forgets it. The caller holds its lock. */
export async function eraseNetwork(engine: Engine, network: Network): Promise<void> {
  const owner = networkOwner(network);
  const host = await engine.platform.identity();
  const resources = await engine.store.read((snapshot) =>
    liveResources(snapshot.claims.byOwner(owner), host),
  );
  if (resources.length > 0)
    await engine.platform.networks.down(network, resources, cleanupHost(engine, owner));
  await withdrawRules(engine, { without: network.id });
  await endNetworkFlows(engine, network);
  await engine.store.write((tx) => {
    for (const endpoint of tx.endpoints.byNetwork(network.id)) deleteEndpoint(tx, endpoint);
    tx.claims.removeByOwner(owner);
    tx.networks.remove(network.id);
  });
}

/** Brings an image back to rest. The caller holds its lock. Answers undefined when the image is gone. */
export async function recoverImage(engine: Engine, id: string): Promise<Image | undefined> {
  const image = await engine.store.read((snapshot) => snapshot.images.get(id));
  if (image === undefined || image.state === 'ready') return image;
  await engine.awaitOrphans?.(engine.patience);
  await eraseImage(engine, image);
  return undefined;
}

/** Removes an image's files and forgets it. The caller holds its lock. */
export async function eraseImage(engine: Engine, image: Image): Promise<void> {
  const owner = imageOwner(image);
  await engine.platform.images.remove(image, cleanupHost(engine, owner));
  await engine.store.write((tx) => {
    tx.claims.removeByOwner(owner);
    tx.images.remove(image.id);
  });
}

const NOT_BEGUN: readonly ErrorCode[] = ['OBJECT_BUSY', 'INTERRUPTED'];

/**
 * Runs a clean-up; when it fails, notes why on its object, which stays blocked until a later clean-up succeeds. One that
 * could not begin, as something else is still at work, is simply tried again.
 */
async function parking(
  engine: Engine,
  cleanUp: () => Promise<void>,
  note: (tx: Transaction, reason: string) => void,
): Promise<void> {
  try {
    await cleanUp();
  } catch (cause) {
    if (!isKleenetError(cause) || NOT_BEGUN.includes(cause.code)) throw cause;
    await engine.store.write((tx) => {
      note(tx, cause.message);
    });
    throw new KleenetError(
      'PARKED',
      `what an interrupted operation left could not be cleaned up: ${cause.message}`,
      {
        hint: cause.hint ?? "mend the cause, then run 'klee system repair'",
        details: { code: cause.code, ...cause.details },
        cause,
      },
    );
  }
}
