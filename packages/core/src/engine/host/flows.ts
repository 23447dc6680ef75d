/**
 * Ending tracked connections. Otherwise they would outlive their permission, and reach the next holder of the address,
 * or bypass a port that was published after they began.
 */
import { hostCidr, overlaps } from '../../address/index.ts';
import type { Cidr } from '../../address/types.ts';
import type { PublishIntent } from '../../firewall/intents.ts';
import { begun } from '../../kit/begun.ts';
import { inFamilyOrder } from '../../kit/index.ts';
import type { Endpoint, Network } from '../../model.ts';
import type { Flows, HostNetwork } from '../../platform.ts';
import type { Engine } from '../context.ts';
import { isDefaultInParts } from './host-routes.ts';
import { ownerless } from '../records/claims.ts';

/** Ends the connections of a detached endpoint, before its addresses may be leased again. */
export function endEndpointFlows(engine: Engine, { addresses }: Endpoint): Promise<void> {
  const held = inFamilyOrder(addresses);
  return held.length === 0
    ? Promise.resolve()
    : endFlows(engine, { of: 'addresses', addresses: held });
}

/**
 * Ends flows that the host itself took at these ports while they were not published, and flows to other addresses of
 * their containers: when another network comes first, replies leave through it, and no client recognises them.
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
 * Ends all connections of a network that is created or removed. A subnet with other users keeps its connections: a
 * custom network shares its subnet with its neighbours, and the user may insist on overlapping another network or the
 * host's own.
 *
 * @param host - as it was before or after; undefined where {@link lookAround} has found nothing to look at
 */
export async function endNetworkFlows(
  engine: Engine,
  networks: readonly Network[],
  host: HostNetwork | undefined,
): Promise<void> {
  const own = unsharedSubnets(networks);
  if (host === undefined || own.length === 0) return;
  const used = await usedElsewhere(engine, networks, host);
  const subnets = own.filter((subnet) => !used.some((taken) => overlaps(subnet, taken)));
  if (subnets.length > 0) await endFlows(engine, { of: 'subnets', subnets });
}

/** What {@link endNetworkFlows} has to know of the host, if anything, read beside other work. */
export function lookAround(
  engine: Engine,
  networks: readonly Network[],
): Promise<HostNetwork | undefined> {
  const own = unsharedSubnets(networks);
  return begun(own.length === 0 ? Promise.resolve(undefined) : engine.platform.network(own));
}

function unsharedSubnets(networks: readonly Network[]): readonly Cidr[] {
  return networks.filter(({ type }) => type !== 'custom').flatMap(subnetsOf);
}

/** The addresses, destinations and subnets of the host that are not of these networks. */
async function usedElsewhere(
  engine: Engine,
  networks: readonly Network[],
  host: HostNetwork,
): Promise<readonly Cidr[]> {
  const interfaces = new Set(networks.map((network) => network.interface));
  const ids = new Set(networks.map(({ id }) => id));
  const routes = await host.routes();
  const all = await engine.store.read((snapshot) => snapshot.networks.list());
  return [
    ...host.addresses
      .filter((own) => !interfaces.has(own.interface))
      .map(({ address }) => hostCidr(address)),
    ...routes
      .filter((route) => !interfaces.has(route.interface) && !isDefaultInParts(route))
      .map(({ destination }) => destination),
    ...all.filter(({ id }) => !ids.has(id)).flatMap(subnetsOf),
  ];
}

function subnetsOf({ pools }: Network): readonly Cidr[] {
  return inFamilyOrder(pools).map(({ subnet }) => subnet);
}

function endFlows(engine: Engine, flows: Flows): Promise<void> {
  return engine.platform.firewall.endFlows(flows, ownerless());
}
