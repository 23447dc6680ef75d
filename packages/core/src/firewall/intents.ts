/**
 * The desired state of the firewall, computed from the recorded state alone. Pure and ordered, so that the same state
 * always gives the same rules. A platform renders it into nftables or pf.
 */
import { FAMILIES } from '../address/types.ts';
import type { Cidr, Family, IpAddress, PerFamily } from '../address/types.ts';
import type {
  Container,
  Endpoint,
  HostIdentity,
  Network,
  NetworkType,
  PublishedPort,
  Stack,
} from '../model.ts';
import { byPreference, defaultRoutes, gatewayAddresses } from '../kit/index.ts';
import type { Snapshot } from '../store.ts';

/** The firewall intents of one network. */
export interface NetworkIntent {
  readonly id: string;
  /** A name for people who read the rules. */
  readonly name: string;
  readonly type: NetworkType;
  readonly interface: string;
  readonly subnets: PerFamily<Cidr>;
  /** The host's addresses in the network that klee adds: the automatic gateways. */
  readonly hostAddresses: PerFamily<IpAddress>;
  /** Masquerade traffic that leaves the network; never true for an internal one. */
  readonly nat: boolean;
  /** The outgoing interface of NAT; absent for the interface of the default route. */
  readonly natInterface?: string;
  readonly icc: boolean;
  readonly internal: boolean;
}

/** One published range of ports of a container in one family. */
export interface PublishIntent {
  readonly containerId: string;
  readonly networkId: string;
  /** Which network stack replies: the container's own, or a shared one. */
  readonly stack: Stack;
  readonly port: PublishedPort;
  /** The address that receives the port's packets. */
  readonly addresses: PerFamily<IpAddress>;
  /** All addresses of the container in the family: possible sources when it connects to its own port. */
  readonly sources: readonly IpAddress[];
  /**
   * The other networks of the container in the family, by id: it replies to their members directly, not along the path
   * of the request.
   */
  readonly beside: readonly string[];
}

/** What the rules of all networks have to do. */
export interface FirewallIntents {
  /** Ordered by id. */
  readonly networks: readonly NetworkIntent[];
  /** Of running containers. Ordered by container id, then as given. Internal networks publish nothing. */
  readonly published: readonly PublishIntent[];
}

/** The intents of the whole state, on the host that has booted as this one. */
export function firewallIntents(snapshot: Snapshot, identity: HostIdentity): FirewallIntents {
  const networks = snapshot.networks.list().filter((network) => network.state !== 'removing');
  return {
    networks: networks.map(networkIntent).toSorted(byId),
    published: snapshot.containers
      .list()
      .filter(({ publishedPorts }) => publishedPorts.length > 0)
      .filter((container) => isLive(snapshot, container, identity))
      .toSorted(byId)
      .flatMap((container) =>
        publishIntents(container, snapshot.endpoints.byContainer(container.id), networks),
      ),
  };
}

/**
 * Whether a container is active: from before its command starts until its resources on the host are about to be
 * removed. A run of an earlier boot is over, though nothing has recorded its end.
 */
function isLive(snapshot: Snapshot, { id }: Container, { bootId }: HostIdentity): boolean {
  const run = snapshot.runs.byContainer(id);
  return run?.bootId === bootId && (run.state === 'starting' || run.state === 'running');
}

/** Pure. */
export function networkIntent(network: Network): NetworkIntent {
  const subnets: { -readonly [F in keyof PerFamily<Cidr>]: Cidr } = {};
  const hostAddresses: { -readonly [F in keyof PerFamily<IpAddress>]: IpAddress } = {};
  for (const family of FAMILIES) {
    const pool = network.pools[family];
    if (pool !== undefined) subnets[family] = pool.subnet;
  }
  for (const { family, address } of gatewayAddresses(network)) hostAddresses[family] = address;
  return {
    id: network.id,
    name: network.name,
    type: network.type,
    interface: network.interface,
    subnets,
    hostAddresses,
    nat: network.nat && !network.internal,
    ...(network.natInterface === undefined ? {} : { natInterface: network.natInterface }),
    icc: network.icc,
    internal: network.internal,
  };
}

function publishIntents(
  container: Container,
  endpoints: readonly Endpoint[],
  networks: readonly Network[],
): PublishIntent[] {
  // The rules of a moment in which an endpoint is about to go are those for the time without it.
  const staying = endpoints.filter(({ state }) => state !== 'disconnecting');
  const open = staying.filter(({ networkId }) =>
    networks.some(({ id, internal }) => id === networkId && !internal),
  );
  return FAMILIES.flatMap((family) => {
    const first = answering(container, open, networks, family);
    if (first === undefined) return [];
    const held = staying.filter(({ addresses }) => addresses[family] !== undefined);
    return container.publishedPorts.map((port) => ({
      containerId: container.id,
      networkId: first.networkId,
      stack: container.stack,
      port,
      addresses: { [family]: first.addresses[family] },
      sources: held.flatMap(({ addresses }) => addresses[family] ?? []),
      beside: held.map(({ networkId }) => networkId).filter((id) => id !== first.networkId),
    }));
  });
}

/**
 * The endpoint that a port is published on, which has an address in the family: that of the container's default route
 * there, so that replies leave the way the requests came. If no network gives a container with its own stack a default
 * route, the first endpoint of all.
 */
function answering(
  { stack }: Container,
  endpoints: readonly Endpoint[],
  networks: readonly Network[],
  family: Family,
): Endpoint | undefined {
  const able = endpoints
    .filter(({ addresses }) => addresses[family] !== undefined)
    .toSorted(byPreference);
  if (stack !== 'own') return able[0];
  const connections = able.flatMap((endpoint) => {
    const network = networks.find(({ id }) => id === endpoint.networkId);
    return network === undefined ? [] : [{ network, endpoint }];
  });
  return defaultRoutes(connections)[family]?.endpoint ?? able[0];
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
