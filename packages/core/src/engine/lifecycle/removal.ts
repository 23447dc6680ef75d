/**
 * Removing a network, a container, an endpoint or an image: the same steps in normal operation, after a failure and
 * after a crash. Each can be repeated until it is done. The caller decides whether to remove.
 */
import type { Container, Endpoint, Image, Network, Run } from '../../model.ts';
import { tryAll } from '../../kit/index.ts';
import type { Engine } from '../context.ts';
import { attachTarget, detach } from '../host/attachment.ts';
import { deleteEndpoint } from '../host/endpoints.ts';
import { withdrawPorts, withdrawRules } from '../host/firewall.ts';
import { endNetworkFlows } from '../host/flows.ts';
import { currentRun, endRun } from '../host/runs.ts';
import {
  cleanupFor,
  containerOwner,
  imageOwner,
  liveResources,
  networkOwner,
} from '../records/claims.ts';

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
      const leaving: Endpoint = { ...endpoint, state: 'disconnecting' };
      if (endpoint.state !== leaving.state) tx.endpoints.update(leaving);
      return attachTarget(tx, container, run, leaving, identity);
    });
    await tryAll([() => withdrawPorts(engine, container), () => detach(engine, target)]);
  }
  await engine.store.write((tx) => {
    deleteEndpoint(tx, endpoint);
  });
}

/** Removes a container for good: its run, its files, its endpoints with their leases. The caller holds its lock. */
export async function eraseContainer(engine: Engine, container: Container): Promise<void> {
  const owner = containerOwner(container);
  const { run, claims } = await engine.store.read((snapshot) => ({
    run: currentRun(snapshot, container.id),
    claims: snapshot.claims.byOwner(owner),
  }));
  if (run !== undefined) await endRun(engine, container, run);
  if (claims.length > 0)
    await engine.platform.sandboxes.removeStorage(container, cleanupFor(engine, owner));
  await engine.store.write((tx) => {
    for (const endpoint of tx.endpoints.byContainer(container.id)) deleteEndpoint(tx, endpoint);
    tx.claims.removeByOwner(owner);
    tx.containers.remove(container.id);
  });
}

/** Removes a network without endpoints from the host, and deletes it. The caller holds its lock. */
export async function eraseNetwork(engine: Engine, network: Network): Promise<void> {
  await takeDown(engine, network);
  await withdrawRules(engine, { without: network.id });
  await endNetworkFlows(engine, network);
  await engine.store.write((tx) => {
    for (const endpoint of tx.endpoints.byNetwork(network.id)) deleteEndpoint(tx, endpoint);
    tx.claims.removeByOwner(networkOwner(network));
    tx.networks.remove(network.id);
  });
}

/** Removes a network's resources from the host. Its claims stay recorded. The caller holds its lock. */
export async function takeDown(engine: Engine, network: Network): Promise<void> {
  const owner = networkOwner(network);
  const identity = await engine.platform.identity();
  const resources = await engine.store.read((snapshot) =>
    liveResources(snapshot.claims.byOwner(owner), identity),
  );
  if (resources.length > 0)
    await engine.platform.networks.down(network, resources, cleanupFor(engine, owner));
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
