/**
 * Ending connections that the kernel remembers. They would go on after what allowed them is gone, and reach whoever holds
 * the address next; or go on past a port that was not published yet when they began.
 */
import { hostCidr, overlaps } from '../../address/index.ts';
import type { Cidr } from '../../address/types.ts';
import type { PublishIntent } from '../../firewall/intents.ts';
import { inFamilyOrder } from '../../kit/index.ts';
import type { Endpoint, Network } from '../../model.ts';
import type { Flows } from '../../platform.ts';
import type { Engine } from '../context.ts';
import { isDefaultInParts } from './host-routes.ts';
import { ownerless } from '../records/claims.ts';

/** Those of an endpoint that is detached, before its addresses may be leased again. */
export function endEndpointFlows(engine: Engine, { addresses }: Endpoint): Promise<void> {
  const held = inFamilyOrder(addresses);
  return held.length === 0
    ? Promise.resolve()
    : endFlows(engine, { of: 'addresses', addresses: held });
}

/**
 * Those that the host itself took at these ports while they were not published, and those to other addresses of their
 * containers: when another network comes first, answers leave by it, and no client knows them.
 */
export function endPortFlows(
  engine: Engine,
  published: readonly Pick<PublishIntent, 'port' | 'addresses' | 'sources'>[],
): Promise<void> {
  if (published.length === 0) return Promise.resolve();
  const ports = [...new Set(published.map(({ port }) => port))];
  const present = new Set(published.flatMap(({ addresses }) => Object.values(addresses)));
  const formerly = [...new Set(published.flatMap(({ sources }) => sources))].filter(
    (address) => !present.has(address),
  );
  return endFlows(engine, { of: 'ports', ports, formerly });
}

/**
 * All of a network that is made or removed. A subnet that others have as well keeps its connections: that of a custom
 * network is also its neighbours', and the user may insist on one that overlaps another network, or the host's own.
 */
export async function endNetworkFlows(engine: Engine, network: Network): Promise<void> {
  if (network.type === 'custom') return;
  const host = await engine.platform.network();
  const routes = await host.routes();
  const elsewhere = [
    ...host.addresses
      .filter((own) => own.interface !== network.interface)
      .map(({ address }) => hostCidr(address)),
    ...routes
      .filter((route) => route.interface !== network.interface && !isDefaultInParts(route))
      .map(({ destination }) => destination),
  ];
  const networks = await engine.store.read((snapshot) => snapshot.networks.list());
  const others = networks.filter(({ id }) => id !== network.id).flatMap(subnetsOf);
  const subnets = subnetsOf(network).filter(
    (subnet) => ![...elsewhere, ...others].some((taken) => overlaps(subnet, taken)),
  );
  if (subnets.length > 0) await endFlows(engine, { of: 'subnets', subnets });
}

function subnetsOf({ pools }: Network): readonly Cidr[] {
  return inFamilyOrder(pools).map(({ subnet }) => subnet);
}

function endFlows(engine: Engine, flows: Flows): Promise<void> {
  return engine.platform.firewall.endFlows(flows, ownerless());
}
