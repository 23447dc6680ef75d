import type { IpAddress } from '../../address/types.ts';
import type { HostIdentity, Network } from '../../model.ts';
import type { Engine } from '../context.ts';
import { gatewayAddresses, inFamilyOrder } from '../../kit/index.ts';
import { failing, succeeding } from '../../kit/severally.ts';
import type { HostNetwork } from '../../platform.ts';
import { survivesReboot } from '../../resource.ts';
import { dataPlane } from '../host/drivers.ts';
import { syncFirewall } from '../host/firewall.ts';
import { planByDriver, upByDriver } from '../host/network-driver.ts';
import type { Snapshot } from '../../store.ts';
import { acquireLock } from '../records/locking.ts';
import { vanished } from '../records/resolve.ts';
import { insertClaims, liveResources, networkOwner, operationFor } from '../records/claims.ts';

/**
 * Brings up networks whose interface, or whose gateway on it, is missing on the host: after a reboot, or after its removal by
 * other software.
 * The caller holds their locks shared: `up` may be repeated, even concurrently.
 * @throws KleenetError INTERFACE_NOT_FOUND for a custom network whose interface is gone, FAMILY_UNSUPPORTED for one
 * with a family that the host has switched off
 */
export async function bringUp(engine: Engine, networks: readonly Network[]): Promise<void> {
  if (await bringUpEach(engine, networks, failing)) await syncFirewall(engine);
}

/**
 * The same, without the firewall, which the caller loads. Networks that fail are told with their reason. Returns whether
 * any was down.
 */
export async function bringUpEach(
  engine: Engine,
  networks: readonly Network[],
  failed: (network: Network, error: unknown) => void,
): Promise<boolean> {
  const able = await succeeding(networks, failed, async (network) =>
    engine.platform.networks.requireFamilies?.(network),
  );
  const down = await networksDown(engine, able, failed);
  await succeeding(down, failed, (network) => up(engine, network));
  return down.length > 0;
}

async function networksDown(
  engine: Engine,
  networks: readonly Network[],
  failed: (network: Network, error: unknown) => void,
): Promise<readonly Network[]> {
  if (networks.length === 0) return [];
  const [identity, there] = await Promise.all([
    engine.platform.identity(),
    engine.platform.network(),
  ]);
  return engine.store.read((snapshot) =>
    networks.filter((network) => {
      try {
        return !isUp(snapshot, network, identity) || !isThere(network, there);
      } catch (error) {
        // A claim of another host or version.
        failed(network, error);
        return false;
      }
    }),
  );
}

/** Whether the host still has the interface of a network, with the gateways that it was given. */
function isThere(network: Network, { interfaces, addresses }: HostNetwork): boolean {
  const own = addresses.filter((one) => one.interface === network.interface);
  return (
    interfaces.includes(network.interface) &&
    gatewayAddresses(network).every(({ address }) => own.some((one) => one.address === address))
  );
}

/**
 * Whether a network was brought up since the host booted. A custom network may need no resources, so it counts as down:
 * bringing it up again changes nothing. For one with a driver it is recorded, because only the driver knows what is missing.
 */
function isUp(snapshot: Snapshot, network: Network, identity: HostIdentity): boolean {
  const isClaimed = hasResources(snapshot, network, identity);
  return network.driver === undefined ? isClaimed : wasBroughtUp(snapshot, network, identity);
}

/** Whether it may have something on the host. Kernel settings stay when a network goes down, and directories after a reboot. */
function hasResources(snapshot: Snapshot, network: Network, identity: HostIdentity): boolean {
  const live = liveResources(snapshot.claims.byOwner(networkOwner(network)), identity);
  return live.some((resource) => resource.kind !== 'sysctl' && !survivesReboot(resource));
}

function wasBroughtUp(snapshot: Snapshot, { id }: Network, { bootId }: HostIdentity): boolean {
  return snapshot.networks.get(id)?.upIn === bootId;
}

/**
 * Whether something of a network has to be on the host. A custom one may need no resources, so nothing records that it
 * is up: it is in use while a container is attached to it, and brought up again before the first one is.
 */
export function isInUse(snapshot: Snapshot, network: Network, identity: HostIdentity): boolean {
  if (network.driver === undefined && network.type === 'custom')
    return attachedAddresses(snapshot, network, identity).length > 0;
  return hasResources(snapshot, network, identity) || wasBroughtUp(snapshot, network, identity);
}

/** Whether a driver began to bring its network up, and has not ended that: its klee died, or it failed. */
export function isHalfUp(snapshot: Snapshot, network: Network, identity: HostIdentity): boolean {
  return network.driver !== undefined && !wasBroughtUp(snapshot, network, identity);
}

/** The addresses of a network's endpoints whose containers run. */
export function attachedAddresses(
  snapshot: Snapshot,
  { id }: Network,
  { bootId }: HostIdentity,
): readonly IpAddress[] {
  return snapshot.endpoints.byNetwork(id).flatMap(({ state, containerId, addresses }) => {
    const run = snapshot.runs.byContainer(containerId);
    if (state !== 'connected' || run?.state !== 'running' || run.bootId !== bootId) return [];
    return inFamilyOrder(addresses);
  });
}

async function up(engine: Engine, network: Network): Promise<void> {
  const lock = await acquireLock(engine, `up-${network.id}`, engine.patience);
  try {
    await makeUp(engine, network);
  } finally {
    lock.release();
  }
}

/**
 * Records what a network needs on the host, and makes it. May be repeated. The caller holds the network's lock exclusively, or its
 * lock `up-ID`.
 */
export async function makeUp(engine: Engine, network: Network): Promise<void> {
  const owner = networkOwner(network);
  const identity = await engine.platform.identity();
  if (network.driver !== undefined) await (await dataPlane(engine, network.driver)).requireReady();
  const planned = await planByDriver(engine, network);
  await engine.store.write((tx) => {
    requireReadyNetwork(tx, network);
    for (const claim of tx.claims.byOwner(owner))
      if (claim.host.bootId !== identity.bootId && !survivesReboot(claim.resource))
        tx.claims.remove(claim.id);
    insertClaims(tx, owner, engine.platform.networks.plan(network), identity);
    insertClaims(tx, owner, planned, identity, network.driver);
  });
  await engine.platform.networks.up(network, operationFor(engine, owner));
  if (network.driver === undefined) return;
  await upByDriver(engine, network);
  await engine.store.write((tx) => {
    tx.networks.update({ ...requireReadyNetwork(tx, network), upIn: identity.bootId });
  });
}

function requireReadyNetwork(snapshot: Snapshot, { id, name }: Network): Network {
  const network = snapshot.networks.get(id);
  if (network?.state === 'ready') return network;
  throw vanished('network', name);
}
