/** What a driver is told of an endpoint. */
import type { AttachTarget } from '../../driver.ts';
import { frozen } from '../../frozen.ts';
import type { Container, Endpoint, HostIdentity, Run } from '../../model.ts';
import { requireSameDriver } from '../../registry.ts';
import type { Snapshot } from '../../store.ts';
import { endpointOwner, liveResources } from '../records/claims.ts';
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
  return frozen({
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
