import type { AttachTarget, Operation } from '../../driver.ts';
import type { Engine } from '../context.ts';
import { bindAddresses } from './bind-addresses.ts';
import { dataPlane, driverHere } from './drivers.ts';
import { endEndpointFlows } from './flows.ts';
import { reach, removeWithoutDriver } from './lost-driver.ts';
import { tryAll } from '../../kit/index.ts';
import { cleanupFor, endpointOwner, operationFor } from '../records/claims.ts';

export async function attach(engine: Engine, target: AttachTarget): Promise<void> {
  await engine.platform.networks.requireFamilies?.(target.network);
  const { driver } = target.endpoint;
  const plane = await dataPlane(engine, driver);
  const { capabilities } = await driverHere(engine, driver);
  const operation = operationFor(engine, endpointOwner(target.endpoint));
  const bind: Operation['bind'] = (addresses) => bindAddresses(engine, target, addresses);
  await plane.attach(target, capabilities.lateBinding ? { ...operation, bind } : operation);
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
  if ('lost' in found) {
    const { claims, container, endpoint } = target;
    const done = `container '${container.name}' was detached`;
    return removeWithoutDriver(
      engine,
      { owner, claims, done, driver: endpoint.driver },
      found.lost,
    );
  }
  await found.driver.detach(target, cleanupFor(engine, owner));
}
