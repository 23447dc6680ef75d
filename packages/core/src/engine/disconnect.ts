import { KleenetError, hasCode } from '../errors.ts';
import type { Container, Endpoint, Network } from '../model.ts';
import type { Engine } from './context.ts';
import { abandonEndpoint, deleteEndpoint } from './endpoints.ts';
import { refreshHosts } from './hosts.ts';
import { withLocks } from './locking.ts';
import { withContainer } from './objects.ts';
import { dropEndpoint } from './recovery.ts';
import type { DisconnectRequest } from './requests.ts';
import { resolveContainer, resolveNetwork } from './resolve.ts';
import { currentRun } from './runs.ts';

/**
 * Disconnects a container from a network and frees its addresses. Can be repeated until it is done.
 * @throws KleenetError NETWORK_NOT_FOUND, CONTAINER_NOT_FOUND, NOT_CONNECTED, CONTAINER_RUNNING,
 * PLATFORM_COMMAND_FAILED
 */
export async function disconnect(engine: Engine, request: DisconnectRequest): Promise<void> {
  const {
    network,
    container: named,
    interrupted,
  } = await engine.store.read((snapshot) => {
    const network = resolveNetwork(snapshot, request.network);
    const container = resolveContainer(snapshot, request.container);
    const endpoint = snapshot.endpoints.find(network.id, container.id);
    return { network, container, interrupted: endpoint?.state === 'disconnecting' };
  });
  const driver = await engine.registry.driver(named.driver);
  const force = request.force ?? false;
  const disconnected = withContainer(
    engine,
    named.id,
    async (container) => {
      const { endpoint, run } = await engine.store.read((snapshot) => ({
        endpoint: snapshot.endpoints.find(network.id, container.id),
        run: currentRun(snapshot, container.id),
      }));
      if (endpoint === undefined) {
        // What an earlier try had begun has just been finished by the recovery.
        if (interrupted) return;
        throw notConnected(container, network);
      }
      if (run === undefined) return forget(engine, endpoint);
      if (!driver.capabilities.disconnectWhileRunning) throw runningRefusal(container);
      await engine.platform.requirePrivilege();
      await disconnectRunning(engine, container, endpoint, force);
    },
    { networks: [network.id] },
  );
  await disconnected.catch((error: unknown) => {
    // An earlier try could not clean the host, and neither could the recovery: the user gives up on that.
    if (!force || !interrupted || !hasCode(error, 'PARKED')) throw error;
    return abandonParked(engine, network, named, error);
  });
  await refreshHosts(engine, { networks: [network.id], left: named.id });
}

/** Forgets an endpoint, but not what it left on the host. */
async function abandon(engine: Engine, endpoint: Endpoint, reason: unknown): Promise<void> {
  engine.logger.warn(
    `disconnected, though the host was not cleaned up: ${reason instanceof Error ? reason.message : String(reason)}`,
  );
  await engine.store.write((tx) => {
    abandonEndpoint(tx, endpoint);
  });
}

function abandonParked(
  engine: Engine,
  network: Network,
  container: Container,
  reason: unknown,
): Promise<void> {
  return withLocks(engine, { networks: [network.id], containers: [container.id] }, async () => {
    const endpoint = await engine.store.read((snapshot) =>
      snapshot.endpoints.find(network.id, container.id),
    );
    if (endpoint?.state === 'disconnecting') await abandon(engine, endpoint, reason);
  });
}

async function forget(engine: Engine, endpoint: Endpoint): Promise<void> {
  await engine.store.write((tx) => {
    deleteEndpoint(tx, endpoint);
  });
}

async function disconnectRunning(
  engine: Engine,
  container: Container,
  endpoint: Endpoint,
  force: boolean,
): Promise<void> {
  const leaving: Endpoint = { ...endpoint, state: 'disconnecting' };
  const run = await engine.store.write((tx) => {
    tx.endpoints.update(leaving);
    return currentRun(tx, container.id);
  });
  try {
    await dropEndpoint(engine, container, run, leaving);
  } catch (error) {
    if (!force) throw error;
    await abandon(engine, leaving, error);
  }
}

function notConnected(container: Container, network: Network): KleenetError {
  return new KleenetError(
    'NOT_CONNECTED',
    `container '${container.name}' is not connected to network '${network.name}'`,
    {
      hint: `'klee network inspect ${network.name}' lists what is`,
      details: { container: container.name, network: network.name },
    },
  );
}

function runningRefusal(container: Container): KleenetError {
  return new KleenetError(
    'CONTAINER_RUNNING',
    `container '${container.name}' is running, and its driver ${container.driver} can be disconnected only while stopped`,
    { hint: `stop it first: klee stop ${container.name}`, details: { container: container.name } },
  );
}
