/** The choice of a container's default routes among its networks: see docs/networks.md. Pure. */
import { FAMILIES } from '../address/types.ts';
import type { Family, IpAddress, PerFamily } from '../address/types.ts';
import type { Endpoint } from '../model.ts';
import { heldAddresses } from './addresses.ts';
import type { Connection } from './addresses.ts';
import { byPreference } from './preference.ts';

/** The next hop of an endpoint's default route of one family. */
export interface NextHop {
  readonly family: Family;
  readonly gateway: IpAddress;
}

/**
 * The next hops of an endpoint, IPv4 first: the gateway of each family in which it has an address. An internal network
 * leads nowhere, and has none. If each endpoint has its own default route, {@link rankOf} is its metric.
 */
export function nextHops(connection: Connection): readonly NextHop[] {
  if (connection.network.internal) return [];
  return heldAddresses(connection).flatMap(({ family, gateway }) =>
    gateway === undefined ? [] : { family, gateway },
  );
}

/** Sorts the connections of one container by {@link byPreference}, with internal networks last. */
export function byWayOut(a: Connection, b: Connection): number {
  return (
    Number(a.network.internal) - Number(b.network.internal) || byPreference(a.endpoint, b.endpoint)
  );
}

/** The default routes of a container. */
export interface DefaultRoute {
  readonly gateway: IpAddress;
  readonly endpoint: Endpoint;
}

/**
 * The default route of each family of a container with these connections, if it can have only one: among those with a
 * next hop, the first by {@link byWayOut}. A family without one is absent.
 */
export function defaultRoutes(connections: readonly Connection[]): PerFamily<DefaultRoute> {
  const ranked = connections.toSorted(byWayOut);
  const routes: { [F in Family]?: DefaultRoute } = {};
  for (const family of FAMILIES) {
    const [first] = ranked.flatMap((connection) =>
      nextHops(connection)
        .filter((hop) => hop.family === family)
        .map(({ gateway }) => ({ gateway, endpoint: connection.endpoint })),
    );
    if (first !== undefined) routes[family] = first;
  }
  return routes;
}
