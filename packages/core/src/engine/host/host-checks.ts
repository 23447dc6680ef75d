/** Questions of drivers to the host, before anything is recorded. */
import type { EndpointRequest, Issue } from '../../driver.ts';
import type { CheckedDriver } from '../../guard/index.ts';
import type { Network } from '../../model.ts';
import type { Engine } from '../context.ts';
import { Problems } from '../requests/problems.ts';
import { checkingPlane } from './drivers.ts';

/**
 * Refuses a connection that the driver says cannot work on this host.
 * @throws KleenetError INVALID_ARGUMENT, and what the driver throws
 */
export async function requireEndpointFits(
  engine: Engine,
  driver: CheckedDriver,
  network: Network,
  request: EndpointRequest,
): Promise<void> {
  if (!driver.capabilities.hostChecks) return;
  const plane = await checkingPlane(engine, driver.name);
  raise(await plane.checkEndpoint(network, request));
}

/** The same for a network that is to belong to the driver. */
export async function requireNetworkFits(
  engine: Engine,
  driver: CheckedDriver,
  network: Network,
): Promise<void> {
  if (!driver.capabilities.hostChecks) return;
  const plane = await checkingPlane(engine, driver.name);
  raise(await plane.checkNetwork(network));
}

function raise(issues: readonly Issue[]): void {
  const problems = new Problems();
  problems.addIssues(issues);
  problems.raise();
}
