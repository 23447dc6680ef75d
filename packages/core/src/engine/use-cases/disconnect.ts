import { KleenetError, hasCode } from '../../errors.ts';
import type { Container, Endpoint, Network, Run } from '../../model.ts';
import { mendingOthers } from '../lifecycle/attach-again.ts';
import type { Engine } from '../context.ts';
import { dataPlane, driverHere } from '../host/drivers.ts';
import { abandonEndpoint, deleteEndpoint } from '../host/endpoints.ts';
import { refreshHosts } from '../lifecycle/hosts-files.ts';
import { withLocks } from '../records/locking.ts';
import { reach } from '../host/lost-driver.ts';
import { withContainer } from '../lifecycle/objects.ts';
import type { DisconnectRequest } from '../requests/requests.ts';
import { currentRun, resolveContainer, resolveNetwork } from '../records/resolve.ts';
import { eraseEndpoint } from '../lifecycle/removal.ts';

/**
 * Disconnects a container from a network and frees its addresses. Can be repeated until it is done.
 * @throws KleenetError NETWORK_NOT_FOUND, CONTAINER_NOT_FOUND, NOT_CONNECTED, CONTAINER_RUNNING,
 * PLATFORM_COMMAND_FAILED
 */
export function disconnect(engine: Engine, request: DisconnectRequest): Promise<void> {
  return mendingOthers(engine, () => disconnectNamed(engine, request));
}

async function disconnectNamed(engine: Engine, request: DisconnectRequest): Promise<void> {
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
        // The recovery has just completed an earlier try.
        if (interrupted) return;
        throw notConnected(container, network);
      }
      if (run === undefined) return forget(engine, endpoint);
      await requireDetachable(engine, container, force);
      await engine.platform.requirePrivilege();
      await disconnectRunning(engine, { container, run, endpoint }, force);
    },
    { networks: [network.id] },
  );
  await disconnected.catch((error: unknown) => {
    // An earlier try could not clean the host, and neither could the recovery: the user forces the removal.
    if (!force || !interrupted || !hasCode(error, 'PARKED')) throw error;
    return abandonParked(engine, network, named, error);
  });
  await refreshHosts(engine, { networks: [network.id], also: named.id });
}

interface Connected {
  readonly container: Container;
  readonly run: Run;
  readonly endpoint: Endpoint;
}

/** Whether the driver can detach from a running container; with force, core does it without the driver. */
async function requireDetachable(
  engine: Engine,
  container: Container,
  force: boolean,
): Promise<void> {
  const reached = await reach(async () => {
    await dataPlane(engine, container.driver);
    return driverHere(engine, container.driver);
  });
  if ('lost' in reached) {
    if (!force) throw lostRefusal(container, reached.lost);
  } else if (!reached.driver.capabilities.disconnectWhileRunning) {
    throw runningRefusal(container);
  }
}

/** Deletes an endpoint, and keeps the claims of its leftovers on the host. */
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
  { container, run, endpoint }: Connected,
  force: boolean,
): Promise<void> {
  try {
    await eraseEndpoint(engine, container, run, endpoint);
  } catch (error) {
    if (!force) throw error;
    await abandon(engine, endpoint, error);
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

/** Whether its driver could detach is unknown, and part of the endpoint may be inside the container. */
function lostRefusal(container: Container, lost: KleenetError): KleenetError {
  return new KleenetError(
    'CONTAINER_RUNNING',
    `container '${container.name}' is running, and without its driver ${container.driver} it can be disconnected only while stopped: ${lost.message}`,
    {
      hint: `stop it first: klee stop ${container.name}; or add --force to remove only what the host has of it`,
      details: { container: container.name, driver: container.driver, code: lost.code },
      cause: lost,
    },
  );
}
