/**
 * Ending connections that the kernel remembers. They would go on after what allowed them is gone, and reach whoever holds
 * the address next; or go on past a port that was not published yet when they began.
 */
import { overlaps } from '../address/index.ts';
import { FAMILIES } from '../address/types.ts';
import type { Cidr } from '../address/types.ts';
import type { Endpoint, Network, Owner, PublishedPort } from '../model.ts';
import type { Flows } from '../platform.ts';
import type { Snapshot } from '../store.ts';
import { cleanupHost } from './claims.ts';
import type { Engine } from './context.ts';

/** Claims nothing: what is done to the firewall as a whole belongs to no object. */
export const FIREWALL: Owner = { kind: 'network', id: 'firewall' };

/** Those of an endpoint that is detached, before its addresses may be leased again. */
export function endEndpointFlows(engine: Engine, { addresses }: Endpoint): Promise<void> {
  const held = FAMILIES.flatMap((family) => addresses[family] ?? []);
  return held.length === 0
    ? Promise.resolve()
    : endFlows(engine, { of: 'addresses', addresses: held });
}

/** Those that the host itself took at these ports while they were not published. */
export function endPortFlows(engine: Engine, ports: readonly PublishedPort[]): Promise<void> {
  return ports.length === 0 ? Promise.resolve() : endFlows(engine, { of: 'ports', ports });
}

/**
 * All of a network that is made or removed. A subnet that others have as well keeps its connections: that of a custom
 * network is also its neighbours', and networks may overlap where the user insists.
 */
export async function endNetworkFlows(engine: Engine, network: Network): Promise<void> {
  const subnets = await engine.store.read((snapshot) => exclusiveSubnets(snapshot, network));
  if (subnets.length > 0) await endFlows(engine, { of: 'subnets', subnets });
}

function exclusiveSubnets(snapshot: Snapshot, network: Network): readonly Cidr[] {
  if (network.type === 'custom') return [];
  const others = snapshot.networks.list().filter(({ id }) => id !== network.id);
  return FAMILIES.flatMap((family) => {
    const subnet = network.pools[family]?.subnet;
    const shared = others.some(({ pools }) => {
      const other = pools[family]?.subnet;
      return subnet !== undefined && other !== undefined && overlaps(subnet, other);
    });
    return subnet === undefined || shared ? [] : [subnet];
  });
}

function endFlows(engine: Engine, flows: Flows): Promise<void> {
  return engine.platform.firewall.endFlows(flows, cleanupHost(engine, FIREWALL));
}
