/** The resources of an ipnet endpoint on FreeBSD. Pure. */
import type {
  AttachTarget,
  Connection,
  Family,
  HeldAddress,
  IpAddress,
  Network,
  PerFamily,
  KnownResource,
} from '@kleenet/core/driver';
import { byWayOut, heldAddresses } from '@kleenet/core/driver';
import type { Interface, InterfaceAddress } from '@kleenet/platform/freebsd';

export function resources(target: AttachTarget): readonly KnownResource[] {
  return heldAddresses(target).map(({ address }) => ({
    kind: 'address',
    name: address,
    interface: target.network.interface,
  }));
}

/** The alias that an address is on the network's interface, as attach makes it; undefined when it is not there. */
export function findAlias(
  held: HeldAddress,
  network: Network,
  interfaces: readonly Interface[],
): InterfaceAddress | undefined {
  return interfaces
    .find(({ name }) => name === network.interface)
    ?.addresses.find((found) => isAlias(found, held));
}

/** An alias must not say that the rest of the subnet is on this interface. */
function isAlias({ address, prefix }: InterfaceAddress, held: HeldAddress): boolean {
  return address === held.address && prefix === held.singlePrefix;
}

/** An address of the endpoint that the host has for itself: on another interface, or with a subnet. */
export function takenAddress(
  connection: Connection,
  interfaces: readonly Interface[],
): { readonly address: IpAddress; readonly interface: string } | undefined {
  const wanted = heldAddresses(connection);
  return interfaces.flatMap(({ name, addresses }) =>
    addresses
      .filter((found) =>
        wanted.some(
          (held) =>
            found.address === held.address &&
            (name !== connection.network.interface || !isAlias(found, held)),
        ),
      )
      .map(({ address }) => ({ address, interface: name })),
  )[0];
}

/**
 * The complete address list of the jail, for each family of the endpoint: jail(8) cannot add a single address. By
 * default the jail sends from its first address: that of the network that would give it the default route. An internal
 * network comes last, because it leads nowhere.
 */
export function jailAddresses(
  target: AttachTarget,
  { attached }: { readonly attached: boolean },
): PerFamily<readonly IpAddress[]> {
  const connections: readonly Connection[] = [
    ...target.siblings.filter((sibling) => sibling.attached),
    ...(attached ? [target] : []),
  ].toSorted(byWayOut);
  const all = connections.flatMap(heldAddresses);
  const lists: { [F in Family]?: readonly IpAddress[] } = {};
  for (const { family } of heldAddresses(target))
    lists[family] = all.filter((one) => one.family === family).map(({ address }) => address);
  return lists;
}

/**
 * Missing and additional addresses of the jail's list, for the families in which this endpoint comes first: one
 * endpoint reports for all. The first address matters, because the jail sends from it.
 */
export function listProblems(
  target: AttachTarget,
  held: PerFamily<readonly IpAddress[]>,
): readonly string[] {
  const who = `container '${target.container.name}'`;
  const wanted = jailAddresses(target, { attached: true });
  return heldAddresses(target).flatMap(({ family, address }) => {
    const [list = [], found = []] = [wanted[family], held[family]];
    const own = found.includes(address) ? [] : [`${who} lacks its address ${address}`];
    if (!isFirstWith(family, target)) return own;
    const [first] = found;
    const foreign = found.filter((one) => !list.includes(one));
    return [
      ...own,
      ...foreign.map((one) => `${who} has the address ${one}, which klee did not give it`),
      ...(own.length + foreign.length > 0 || first === list[0]
        ? []
        : [`${who} sends from ${first}, not from ${list[0]}`]),
    ];
  });
}

function isFirstWith(family: Family, { endpoint, siblings }: AttachTarget): boolean {
  return siblings.every(
    (sibling) =>
      !sibling.attached ||
      sibling.endpoint.id > endpoint.id ||
      heldAddresses(sibling).every((held) => held.family !== family),
  );
}
