/** The names by which containers of a network know each other. */
import { byPreference, inFamilyOrder } from '../../kit/index.ts';
import type { Container, Endpoint } from '../../model.ts';
import type { HostsEntry } from '../../platform.ts';
import type { Snapshot } from '../../store.ts';

/**
 * The hosts file of a container: its own names and those of all containers that share a network with it, each address
 * once. Programs use the first address of a name; it is in the first network of the container that both share.
 */
export function hostsEntries(snapshot: Snapshot, container: Container): readonly HostsEntry[] {
  return hostsReader(snapshot)(container);
}

/**
 * The same for many containers: each network is read once, and containers on the same networks, in the same order, have the
 * very same list.
 *
 * @param networks - where most of the containers are, by id: their endpoints are read together
 */
export function hostsReader(
  snapshot: Snapshot,
  networks: readonly string[] = [],
): (container: Container) => readonly HostsEntry[] {
  const members = remembering((networkId: string) => {
    const names = new Map(snapshot.members.containers(networkId).map(({ id, name }) => [id, name]));
    return snapshot.endpoints.byNetwork(networkId).flatMap(({ containerId, addresses }) => {
      const name = names.get(containerId);
      if (name === undefined) return [];
      return inFamilyOrder(addresses).map((address): HostsEntry => ({ address, names: [name] }));
    });
  });
  const lists = remembering((networkIds: string) => networkIds.split(' ').flatMap(members));
  const ownOf = endpointsOf(snapshot, networks);
  return ({ id }) => {
    const own = ownOf(id).toSorted(byPreference);
    return own.length === 0 ? [] : lists(own.map(({ networkId }) => networkId).join(' '));
  };
}

/** The endpoints of a container, in the order of connection. */
function endpointsOf(
  snapshot: Snapshot,
  networks: readonly string[],
): (containerId: string) => readonly Endpoint[] {
  const read = new Map<string, Map<string, Endpoint>>();
  for (const endpoint of networks.flatMap((id) => snapshot.members.endpoints(id))) {
    const own = read.get(endpoint.containerId) ?? new Map<string, Endpoint>();
    read.set(endpoint.containerId, own.set(endpoint.id, endpoint));
  }
  return (id) => {
    const own = read.get(id);
    if (own === undefined) return snapshot.endpoints.byContainer(id);
    return [...own.values()].toSorted((a, b) => a.order - b.order);
  };
}

function remembering<T>(read: (key: string) => T): (key: string) => T {
  const known = new Map<string, { readonly value: T }>();
  return (key) => {
    const found = known.get(key) ?? { value: read(key) };
    known.set(key, found);
    return found.value;
  };
}
