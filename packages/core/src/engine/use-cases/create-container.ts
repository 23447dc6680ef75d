import type { EndpointRequest } from '../../driver.ts';
import type { CheckedDriver } from '../../guard/index.ts';
import { KleenetError } from '../../errors.ts';
import type { Container, Endpoint, Network } from '../../model.ts';
import { newId } from '../../names.ts';
import type { Transaction } from '../../store.ts';
import { mendingOthers } from '../lifecycle/attach-again.ts';
import { containerSpec, defaultDriver } from '../requests/container-spec.ts';
import type { ContainerSpec } from '../requests/container-spec.ts';
import type { Engine } from '../context.ts';
import { driverHere, requirePlatform } from '../host/drivers.ts';
import { endpointRequest, requireNetworkType } from '../requests/endpoint-spec.ts';
import { requireFirewall } from '../host/firewall.ts';
import { refreshHosts } from '../lifecycle/hosts-files.ts';
import { HOST_IMAGE, findImage } from '../host/host-image.ts';
import { requireEndpointFits } from '../host/host-checks.ts';
import { requirePublishInterfaces } from '../host/host-ports.ts';
import { leaseEndpoint, takenOnHost } from '../host/lease-endpoint.ts';
import type { HostTaken } from '../host/lease-endpoint.ts';
import { withNewObject } from '../records/locking.ts';
import { requireFreeName, settledNetwork } from '../lifecycle/objects.ts';
import { requireFreePorts } from '../host/ports.ts';
import { Problems } from '../requests/problems.ts';
import { randomName } from '../requests/random-name.ts';
import type { CreateContainerRequest } from '../requests/requests.ts';
import { sweep } from '../lifecycle/sweep.ts';
import { vanished } from '../records/resolve.ts';

/** One network that a new container is to be connected to. */
interface PlannedConnection {
  readonly network: Network;
  readonly request: EndpointRequest;
}

/** A container that is checked, but not created yet. */
export interface ContainerPlan {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly driver: CheckedDriver;
  readonly connections: readonly PlannedConnection[];
  readonly created: string;
}

/** And what the host has, as read under the locks. */
type LockedPlan = ContainerPlan & { readonly host: HostTaken };

/**
 * Creates a container, connected to its networks, without starting it.
 * @throws KleenetError IMAGE_NOT_FOUND, DRIVER_NOT_FOUND, PLATFORM_UNSUPPORTED, NAME_TAKEN, and what connecting refuses
 */
export function createContainer(
  engine: Engine,
  request: CreateContainerRequest,
): Promise<Container> {
  return mendingOthers(engine, () => createPlanned(engine, request));
}

async function createPlanned(engine: Engine, request: CreateContainerRequest): Promise<Container> {
  const plan = await planContainer(engine, request);
  const container = await withContainerLocks(engine, plan, (host) =>
    engine.store.write((tx) => insertContainer(tx, engine, { ...plan, host }, 'ready')),
  );
  await refreshHosts(engine, { networks: plan.connections.map(({ network }) => network.id) });
  return container;
}

/** Checks everything that can be checked before the first change. */
export async function planContainer(
  engine: Engine,
  request: CreateContainerRequest,
): Promise<ContainerPlan> {
  const driver = await driverHere(engine, defaultDriver(request));
  requirePlatform(engine, driver);
  const image = await findImage(engine, request.image);
  const id = newId();
  const name = request.name ?? randomName(id);
  const spec = containerSpec({ ...request, name }, driver, image);
  requireJailParameters(engine, spec);
  const connections = await planConnections(engine, driver, { ...request, name });
  if (spec.publishedPorts.length > 0) await requireFirewall(engine, 'publishing a port');
  await engine.platform.requirePrivilege();
  await sweep(engine);
  await requireFreeName(engine, 'container', name);
  for (const { network, request: wanted } of connections)
    await requireEndpointFits(engine, driver, network, wanted);
  if (spec.publishedPorts.some(({ interface: device }) => device !== undefined))
    requirePublishInterfaces(spec.publishedPorts, await engine.platform.network());
  return {
    id,
    spec,
    driver,
    connections,
    created: engine.clock.now().toISOString(),
  };
}

async function takenFor(
  { platform }: Engine,
  connections: readonly PlannedConnection[],
): Promise<HostTaken> {
  if (connections.length === 0) return { addresses: [], macs: [] };
  const networks = connections.map(({ network }) => network);
  return takenOnHost(platform, await platform.network(), networks);
}

/** Refuses jail parameters on other platforms; silently dropping a restriction would be unsafe. */
function requireJailParameters(
  { platform }: Engine,
  { jailParameters, stack }: ContainerSpec,
): void {
  if (jailParameters.length === 0) return;
  const issues = platform.sandboxes.checkJailParameters?.(jailParameters, stack);
  if (issues === undefined) {
    throw new KleenetError(
      'FEATURE_UNSUPPORTED',
      `jail parameters are not supported on ${platform.name}`,
      {
        hint: 'leave out --jailparam',
      },
    );
  }
  const problems = new Problems();
  problems.addIssues(issues);
  problems.raise();
}

async function planConnections(
  engine: Engine,
  driver: CheckedDriver,
  request: CreateContainerRequest & { readonly name: string },
): Promise<readonly PlannedConnection[]> {
  const planned: PlannedConnection[] = [];
  for (const options of request.networks ?? []) {
    const network = await settledNetwork(engine, options.network);
    requireNetworkType(driver, network, request.name);
    if (planned.some((other) => other.network.id === network.id)) {
      throw new KleenetError('INVALID_ARGUMENT', `network '${network.name}' is given twice`, {
        hint: 'a container is connected to a network once: leave one --network out',
      });
    }
    planned.push({ network, request: endpointRequest(driver, network, options) });
  }
  return planned;
}

/** Locks a new container before other processes can see it, and its networks shared. */
export function withContainerLocks<T>(
  engine: Engine,
  { id, connections }: ContainerPlan,
  work: (host: HostTaken) => Promise<T>,
): Promise<T> {
  const networks = connections.map(({ network }) => network.id);
  return withNewObject(engine, { kind: 'container', id }, { networks }, async () =>
    work(await takenFor(engine, connections)),
  );
}

/** Creates the container with its endpoints and leases; part of a transaction. */
export function insertContainer(
  tx: Transaction,
  engine: Engine,
  plan: LockedPlan,
  state: 'creating' | 'ready',
): Container {
  requireImage(tx, plan.spec);
  requireFreePorts(tx, plan.spec);
  const container: Container = { ...plan.spec, id: plan.id, state, created: plan.created };
  tx.containers.insert(container);
  for (const connection of plan.connections)
    insertEndpoint(tx, engine, plan, container, connection);
  return container;
}

function insertEndpoint(
  tx: Transaction,
  engine: Engine,
  plan: LockedPlan,
  container: Container,
  { network, request }: PlannedConnection,
): Endpoint {
  const current = tx.networks.get(network.id);
  if (current?.state !== 'ready') {
    throw vanished('network', network.name);
  }
  return leaseEndpoint(tx, {
    container,
    network: current,
    driver: plan.driver,
    request,
    host: plan.host,
    sharedInterface:
      engine.platform.sandboxes.describe(container, '').link?.interface ?? current.interface,
    state: 'connected',
    created: plan.created,
  });
}

function requireImage(tx: Transaction, spec: ContainerSpec): void {
  if (spec.imageId === HOST_IMAGE.id || tx.images.get(spec.imageId)?.state === 'ready') return;
  throw vanished('image', spec.image);
}
