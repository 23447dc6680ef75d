/**
 * Removing a network, a container, an endpoint or an image: the same steps in normal operation, after a failure and
 * after a crash. Each can be repeated until it is done. The caller decides whether to remove.
 */
import { isKleenetError } from '../../errors.ts';
import { tryAll } from '../../kit/index.ts';
import { failing, succeeding } from '../../kit/severally.ts';
import type { Container, Endpoint, Image, Network, Resource, Run } from '../../model.ts';
import type { Transaction } from '../../store.ts';
import type { Engine } from '../context.ts';
import { attachTarget } from '../host/attach-target.ts';
import { detach } from '../host/attachment.ts';
import { deleteEndpoint, latest } from '../host/endpoints.ts';
import { withdrawPorts, withdrawRules } from '../host/firewall.ts';
import { endNetworkFlows, lookAround } from '../host/flows.ts';
import { downByDriver } from '../host/network-driver.ts';
import { endRun, takeRunDown } from '../host/runs.ts';
import {
  cleanupFor,
  containerOwner,
  imageOwner,
  liveResources,
  networkOwner,
  ofKlee,
  ownerless,
} from '../records/claims.ts';
import { currentRun } from '../records/resolve.ts';

/** Detaches an endpoint, if its container has a run, and deletes it. */
export async function eraseEndpoint(
  engine: Engine,
  container: Container,
  run: Run | undefined,
  endpoint: Endpoint,
): Promise<void> {
  if (run !== undefined) {
    const identity = await engine.platform.identity();
    const target = await engine.store.write((tx) => {
      const leaving: Endpoint = { ...latest(tx, endpoint), state: 'disconnecting' };
      if (endpoint.state !== leaving.state) tx.endpoints.update(leaving);
      return attachTarget(tx, container, run, leaving, identity);
    });
    await tryAll([() => withdrawPorts(engine, container), () => detach(engine, target)]);
  }
  await engine.store.write((tx) => {
    deleteEndpoint(tx, latest(tx, endpoint));
  });
}

/** Removes a container for good: its run, its files, its endpoints with their leases. The caller holds its lock. */
export async function eraseContainer(engine: Engine, container: Container): Promise<void> {
  const owner = containerOwner(container);
  const { run, claims } = await engine.store.read((snapshot) => ({
    run: currentRun(snapshot, container.id),
    claims: snapshot.claims.byOwner(owner),
  }));
  if (run !== undefined) await takeRunDown(engine, container, run);
  try {
    if (claims.length > 0)
      await engine.platform.sandboxes.removeStorage(container, cleanupFor(engine, owner));
  } catch (error) {
    // Its run is over, though the container stays recorded.
    return tryAll([
      () => Promise.reject(error),
      ...(run === undefined ? [] : [() => endRun(engine, container, run)]),
    ]);
  }
  await engine.store.write((tx) => {
    for (const endpoint of tx.endpoints.byContainer(container.id)) deleteEndpoint(tx, endpoint);
    tx.claims.removeByOwner(owner);
    tx.containers.remove(container.id);
  });
}

/** Removes a network without endpoints from the host, and deletes it. The caller holds its lock. */
export async function eraseNetwork(engine: Engine, network: Network): Promise<void> {
  await eraseNetworks(engine, [network], failing);
}

/**
 * The same for several: the firewall is loaded once, without all of them. Those that fail are told with their reason; the
 * others are returned.
 */
export async function eraseNetworks(
  engine: Engine,
  networks: readonly Network[],
  failed: (network: Network, error: unknown) => void,
): Promise<readonly Network[]> {
  const around = lookAround(engine, networks);
  const down = await takeAllDown(engine, networks, failed);
  if (down.length === 0) return [];
  try {
    await withdrawRules(engine, { without: down.map(({ id }) => id) });
    await endNetworkFlows(engine, down, await around);
    await engine.store.write((tx) => {
      for (const network of down) deleteNetwork(tx, network);
    });
  } catch (error) {
    for (const network of down) failed(network, error);
    return [];
  }
  return down;
}

function deleteNetwork(tx: Transaction, network: Network): void {
  for (const endpoint of tx.endpoints.byNetwork(network.id)) deleteEndpoint(tx, endpoint);
  tx.claims.removeByOwner(networkOwner(network));
  tx.networks.remove(network.id);
}

/** Removes a network's resources from the host. Its claims stay recorded. The caller holds its lock. */
export async function takeDown(engine: Engine, network: Network): Promise<void> {
  await takeAllDown(engine, [network], failing);
}

/** The same for several. Those that fail are told with their reason; the others are returned. */
export async function takeAllDown(
  engine: Engine,
  networks: readonly Network[],
  failed: (network: Network, error: unknown) => void,
): Promise<readonly Network[]> {
  const identity = await engine.platform.identity();
  const claimed = new Map<Network, readonly Resource[]>();
  const ours = await succeeding(networks, failed, async (network) => {
    const owner = networkOwner(network);
    const claims = await engine.store.read((snapshot) => snapshot.claims.byOwner(owner));
    claimed.set(network, liveResources(ofKlee(claims), identity));
    await downByDriver(engine, network);
  });
  const present = ours.filter((network) => claimed.get(network)?.length !== 0);
  if (present.length > 1 && (await areTakenDown(engine, present, claimed))) return ours;
  const left = new Set(ours);
  const one = async (network: Network): Promise<void> => {
    const claims = claimed.get(network) ?? [];
    await engine.platform.networks.down(network, claims, cleanupFor(engine, networkOwner(network)));
  };
  await succeeding(
    present,
    (network, error) => {
      left.delete(network);
      failed(network, error);
    },
    one,
  );
  return [...left];
}

/** Whether all could be taken down with few commands. After a failure, taking down each tells which has failed. */
async function areTakenDown(
  engine: Engine,
  networks: readonly Network[],
  claimed: ReadonlyMap<Network, readonly Resource[]>,
): Promise<boolean> {
  const platform = engine.platform.networks;
  if (platform.downTogether === undefined) return false;
  const gone = networks.map((network) => ({ network, claims: claimed.get(network) ?? [] }));
  try {
    await platform.downTogether(gone, ownerless());
    return true;
  } catch (error) {
    if (!isKleenetError(error)) throw error;
    engine.logger.debug(`taking networks down one by one: ${error.message}`);
    return false;
  }
}

/** Removes an image's files and deletes it. The caller holds its lock. */
export async function eraseImage(engine: Engine, image: Image): Promise<void> {
  const owner = imageOwner(image);
  await engine.platform.images.remove(image, cleanupFor(engine, owner));
  await engine.store.write((tx) => {
    tx.claims.removeByOwner(owner);
    tx.images.remove(image.id);
  });
}
