/** By which of its networks a container leaves: see docs/networks.md. Pure. */
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
 * The next hops of an endpoint, IPv4 first: the gateway of each family that it has an address of. An internal network leads
 * nowhere, and has none. Where each endpoint has a default route of its own, {@link rankOf} is its metric.
 */
export function nextHops(connection: Connection): readonly NextHop[] {
  if (connection.network.internal) return [];
  return heldAddresses(connection).flatMap(({ family, gateway }) =>
    gateway === undefined ? [] : { family, gateway },
  );
}

/** Sorts the connections of one container by {@link byPreference}, and those to internal networks behind all others. */
export function byWayOut(a: Connection, b: Connection): number {
  return (
    Number(a.network.internal) - Number(b.network.internal) || byPreference(a.endpoint, b.endpoint)
  );
}

/** Where a container leaves by. */
export interface DefaultRoute {
  readonly gateway: IpAddress;
  readonly endpoint: Endpoint;
}

/**
 * The one default route of each family that a container with these connections has, where it can have but one: of those
 * with a next hop, the first by {@link byWayOut}. A family without one is absent.
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
