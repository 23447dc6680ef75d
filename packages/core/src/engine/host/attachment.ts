import type { AttachTarget } from '../../driver.ts';
import type { Container, Endpoint, HostIdentity, Run } from '../../model.ts';
import { requireSameDriver } from '../../registry.ts';
import type { Snapshot } from '../../store.ts';
import type { Engine } from '../context.ts';
import { dataPlane } from './drivers.ts';
import { endEndpointFlows } from './flows.ts';
import { reach, removeWithoutDriver } from './lost-driver.ts';
import { tryAll } from '../../kit/index.ts';
import { cleanupFor, endpointOwner, liveResources, operationFor } from '../records/claims.ts';
import { networkOf } from '../records/resolve.ts';

/**
 * The driver's view of one endpoint of a run.
 * @throws KleenetError DRIVER_CONFLICT when the record of the endpoint names another driver than its container's
 */
export function attachTarget(
  snapshot: Snapshot,
  container: Container,
  run: Run,
  endpoint: Endpoint,
  identity: HostIdentity,
): AttachTarget {
  requireSameDriver(container, endpoint.driver);
  return deepFreeze({
    container: { id: container.id, name: container.name },
    runId: run.id,
    sandbox: run.sandbox,
    network: networkOf(snapshot, endpoint),
    endpoint,
    siblings: snapshot.endpoints
      .byContainer(container.id)
      .filter(({ id }) => id !== endpoint.id)
      .map((sibling) => ({
        network: networkOf(snapshot, sibling),
        endpoint: sibling,
        attached: sibling.state !== 'disconnecting',
      })),
    claims: liveResources(snapshot.claims.byOwner(endpointOwner(endpoint)), identity),
  });
}

/** The targets of all endpoints of a container, in the order of connection. */
export function attachTargets(
  snapshot: Snapshot,
  container: Container,
  run: Run,
  identity: HostIdentity,
): AttachTarget[] {
  return snapshot.endpoints
    .byContainer(container.id)
    .map((endpoint) => attachTarget(snapshot, container, run, endpoint, identity));
}

export async function attach(engine: Engine, target: AttachTarget): Promise<void> {
  await engine.platform.networks.requireFamilies?.(target.network);
  const plane = await dataPlane(engine, target.endpoint.driver);
  await plane.attach(target, operationFor(engine, endpointOwner(target.endpoint)));
}

/**
 * Detaches an endpoint and ends its connections, so that the next holder of its addresses meets no trace of it. By then
 * the rules already refuse new connections.
 */
export function detach(engine: Engine, target: AttachTarget): Promise<void> {
  return tryAll([
    () => detachByDriver(engine, target),
    () => endEndpointFlows(engine, target.endpoint),
  ]);
}

/** Without the driver's plugin, core cleans up from the claims. */
async function detachByDriver(engine: Engine, target: AttachTarget): Promise<void> {
  const owner = endpointOwner(target.endpoint);
  const found = await reach(() => dataPlane(engine, target.endpoint.driver));
  if ('lost' in found) return removeWithoutDriver(engine, target, owner, found.lost);
  await found.driver.detach(target, cleanupFor(engine, owner));
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
