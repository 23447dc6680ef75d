/** The names by which containers of a network know each other. */
import { byPreference, inFamilyOrder } from '../../kit/index.ts';
import type { Container } from '../../model.ts';
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
 */
export function hostsReader(snapshot: Snapshot): (container: Container) => readonly HostsEntry[] {
  const names = remembering((id: string) => snapshot.containers.get(id)?.name);
  const members = remembering((networkId: string) =>
    snapshot.endpoints.byNetwork(networkId).flatMap(({ containerId, addresses }) => {
      const name = names(containerId);
      if (name === undefined) return [];
      return inFamilyOrder(addresses).map((address): HostsEntry => ({ address, names: [name] }));
    }),
  );
  const lists = remembering((networkIds: string) => networkIds.split(' ').flatMap(members));
  return ({ id }) => {
    const own = snapshot.endpoints.byContainer(id).toSorted(byPreference);
    return own.length === 0 ? [] : lists(own.map(({ networkId }) => networkId).join(' '));
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
