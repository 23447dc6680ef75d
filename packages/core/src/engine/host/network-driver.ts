/** What the driver of a network does for it on the host. Nothing for a network without a driver. */
import type { Network, Resource } from '../../model.ts';
import type { Engine } from '../context.ts';
import { networkOperationFor, networkOwner } from '../records/claims.ts';
import { dataPlane } from './drivers.ts';
import { reach, removeWithoutDriver } from './lost-driver.ts';

/** The resources that the driver is going to make. */
export async function planByDriver(engine: Engine, network: Network): Promise<readonly Resource[]> {
  if (network.driver === undefined) return [];
  const plane = await dataPlane(engine, network.driver);
  return plane.planNetwork(network);
}

/** The interface of the network is there, and the plan is recorded. */
export async function upByDriver(engine: Engine, network: Network): Promise<void> {
  if (network.driver === undefined) return;
  const plane = await dataPlane(engine, network.driver);
  await plane.networkUp(network, await networkOperationFor(engine, network));
}

/** Without the driver's plugin, core cleans up from the claims. */
export async function downByDriver(engine: Engine, network: Network): Promise<void> {
  const { driver } = network;
  if (driver === undefined) return;
  const operation = await networkOperationFor(engine, network);
  const found = await reach(() => dataPlane(engine, driver));
  if ('driver' in found) return found.driver.networkDown(network, operation);
  const { claims } = operation;
  const done = `network '${network.name}' was taken down`;
  await removeWithoutDriver(
    engine,
    { owner: networkOwner(network), claims, done, driver },
    found.lost,
  );
}

/** What the driver finds wrong with a network that is up. */
export async function problemsByDriver(
  engine: Engine,
  network: Network,
): Promise<readonly string[]> {
  const { driver } = network;
  if (driver === undefined) return [];
  const found = await reach(() => dataPlane(engine, driver));
  if ('lost' in found) return [`its driver cannot be used: ${found.lost.message}`];
  return found.driver.observeNetwork(network);
}
