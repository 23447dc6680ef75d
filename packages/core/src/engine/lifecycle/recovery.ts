/**
 * Completing operations of dead processes. A process that holds an object's lock and finds it in the middle of an
 * operation knows that the process that began it is dead: creating operations are rolled back, removing ones rolled
 * forward.
 */
import { KleenetError, isKleenetError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { severally } from '../../kit/severally.ts';
import type { Container, Endpoint, Image, Network, Run } from '../../model.ts';
import type { SandboxSpec } from '../../platform.ts';
import type { Snapshot, Transaction } from '../../store.ts';
import type { Engine } from '../context.ts';
import { withLocks } from '../records/locking.ts';
import { endRun } from '../host/runs.ts';
import { eraseContainer, eraseEndpoint, eraseImage, eraseNetwork } from './removal.ts';
import { currentRun } from '../records/resolve.ts';

/** The grace period of a command, in milliseconds, when another process has to complete its stop. */
const STOP_GRACE = 10_000;

/** What a recovery waits for, and how long. */
export interface RecoveryOptions {
  /**
   * How long to wait for locks of further objects, and for commands of dead processes to end, in milliseconds. Default:
   * the engine's.
   */
  readonly patience?: number | undefined;
  /** `none` where only this process can have started commands: none is waited for. */
  readonly orphans?: 'none';
}

async function awaitOrphans(engine: Engine, { patience, orphans }: RecoveryOptions): Promise<void> {
  if (orphans === 'none' || engine.awaitOrphans === undefined) return;
  await engine.awaitOrphans(patience ?? engine.patience);
  engine.forgetReadings?.();
}

/**
 * Brings a container to a settled state: running as recorded, or stopped without resources on the host. The caller
 * holds its lock and shares those of its networks. Returns undefined when the container is gone.
 * @throws KleenetError PARKED when the host cannot be cleaned
 */
export async function recoverContainer(
  engine: Engine,
  id: string,
  options: RecoveryOptions = {},
): Promise<Container | undefined> {
  const found = await engine.store.read((snapshot) => containerState(snapshot, id));
  if (found === undefined) return undefined;
  const { container, run, unfinished } = found;
  const settle = async (): Promise<void> => {
    if (container.state !== 'ready') {
      await awaitOrphans(engine, options);
      return eraseContainer(engine, container);
    }
    const live =
      run === undefined ? undefined : await recoverRun(engine, { container, run }, options);
    if (unfinished.length > 0) await awaitOrphans(engine, options);
    for (const endpoint of unfinished) await eraseEndpoint(engine, container, live, endpoint);
  };
  await parking(engine, settle, (tx, parked) => {
    const current = tx.containers.get(id);
    if (current !== undefined) tx.containers.update({ ...current, parked });
  });
  return unpark(engine, id);
}

/** Clears the reason of an earlier failed clean-up after a successful one. */
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

/** Returns the run if its command is alive and was not to be stopped; ends the run otherwise. */
async function recoverRun(
  engine: Engine,
  spec: SandboxSpec,
  options: RecoveryOptions,
): Promise<Run | undefined> {
  const { sandboxes } = engine.platform;
  const { container, run } = spec;
  if (run.state === 'running' && (await isAlive(engine, container, run))) return run;
  await awaitOrphans(engine, options);
  if (run.state === 'stopping') await sandboxes.stop(spec, 'TERM', STOP_GRACE);
  await endRun(engine, container, run);
  if (container.autoRemove && run.state !== 'starting') await eraseContainer(engine, container);
  return undefined;
}

/** Asks the host; a run of an earlier boot is over without a check. */
export async function isAlive(engine: Engine, container: Container, run: Run): Promise<boolean> {
  const identity = await engine.platform.identity();
  if (run.bootId !== identity.bootId) return false;
  const [state] = await engine.platform.sandboxes.states([{ container, run }]);
  return state === 'running';
}

/**
 * Brings a network to a settled state. The caller holds its lock exclusively. Returns undefined when the network is
 * gone.
 * @throws KleenetError PARKED when the host cannot be cleaned
 */
export async function recoverNetwork(
  engine: Engine,
  id: string,
  options: RecoveryOptions = {},
): Promise<Network | undefined> {
  const network = await engine.store.read((snapshot) => snapshot.networks.get(id));
  if (network === undefined || network.state === 'ready') return network;
  const settle = async (): Promise<void> => {
    await awaitOrphans(engine, options);
    await emptyNetwork(engine, network, options);
    await eraseNetwork(engine, network);
  };
  await parking(engine, settle, (tx, parked) => {
    const current = tx.networks.get(id);
    if (current !== undefined) tx.networks.update({ ...current, parked });
  });
  return undefined;
}

/** Disconnects every container of a network that is being removed. The caller holds the network's lock. */
export async function emptyNetwork(
  engine: Engine,
  network: Network,
  options: RecoveryOptions = {},
): Promise<void> {
  const endpoints = await engine.store.read((snapshot) => snapshot.endpoints.byNetwork(network.id));
  await severally(endpoints, ({ containerId }) =>
    withLocks(engine, { containers: [containerId], patience: options.patience }, async () => {
      const container = await recoverContainer(engine, containerId, options);
      const left = await engine.store.read((snapshot) => ({
        endpoint: snapshot.endpoints.find(network.id, containerId),
        run: currentRun(snapshot, containerId),
      }));
      if (container !== undefined && left.endpoint !== undefined) {
        await eraseEndpoint(engine, container, left.run, left.endpoint);
      }
    }),
  );
}

/** Brings an image to a settled state. The caller holds its lock. Returns undefined when the image is gone. */
export async function recoverImage(
  engine: Engine,
  id: string,
  options: RecoveryOptions = {},
): Promise<Image | undefined> {
  const image = await engine.store.read((snapshot) => snapshot.images.get(id));
  if (image === undefined || image.state === 'ready') return image;
  await awaitOrphans(engine, options);
  await eraseImage(engine, image);
  return undefined;
}

const NOT_BEGUN: readonly ErrorCode[] = ['OBJECT_BUSY', 'INTERRUPTED'];

/**
 * Runs a clean-up; a failure is recorded on its object, which stays blocked until a later clean-up succeeds. A clean-up
 * that could not begin, because the object is busy, is simply retried later.
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
      `cleaning up after an interrupted operation failed: ${cause.message}`,
      {
        hint: cause.hint ?? "fix the cause, then run 'klee system repair'",
        details: { code: cause.code, ...cause.details },
        cause,
      },
    );
  }
}
