/** What an ipnet endpoint needs on FreeBSD. Pure. */
import type {
  AttachTarget,
  Endpoint,
  Family,
  IpAddress,
  Network,
  PerFamily,
  Resource,
} from '@kleenet/core/driver';
import { byPreference } from '@kleenet/core/driver';
import type { Interface, InterfaceAddress } from '@kleenet/platform/freebsd';

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** One address of an endpoint, as the alias that it is on the network's interface. */
export interface Alias {
  readonly family: Family;
  readonly address: IpAddress;
  /** That of a single address: an alias must not say that the rest of the subnet is on this interface. */
  readonly prefix: number;
}

/** An endpoint with its network. */
interface Connection {
  readonly network: Network;
  readonly endpoint: Endpoint;
}

/** The aliases of an endpoint, IPv4 first. */
export function aliasesOf({ network, endpoint }: Connection): readonly Alias[] {
  return FAMILIES.flatMap((family) => {
    const address = endpoint.addresses[family];
    return address === undefined || network.pools[family] === undefined
      ? []
      : [{ family, address, prefix: family === 'ipv4' ? 32 : 128 }];
  });
}

export function resources(target: AttachTarget): readonly Resource[] {
  return aliasesOf(target).map(({ address }) => ({
    kind: 'address',
    name: address,
    interface: target.network.interface,
  }));
}

/** An alias on the network's interface as attach makes it; undefined when it is not there. */
export function findAlias(
  alias: Alias,
  network: Network,
  interfaces: readonly Interface[],
): InterfaceAddress | undefined {
  return interfaces
    .find(({ name }) => name === network.interface)
    ?.addresses.find((held) => isSame(held, alias));
}

function isSame({ address, prefix }: InterfaceAddress, alias: Alias): boolean {
  return address === alias.address && prefix === alias.prefix;
}

/** An address of the endpoint that the host has for itself: on another interface, or with a subnet. */
export function takenAddress(
  { network, endpoint }: Connection,
  interfaces: readonly Interface[],
): { readonly address: IpAddress; readonly interface: string } | undefined {
  const wanted = aliasesOf({ network, endpoint });
  return interfaces.flatMap(({ name, addresses }) =>
    addresses
      .filter((held) =>
        wanted.some(
          (alias) =>
            held.address === alias.address &&
            (name !== network.interface || held.prefix !== alias.prefix),
        ),
      )
      .map(({ address }) => ({ address, interface: name })),
  )[0];
}

/**
 * The whole list of addresses that the jail is to have, of each family that the endpoint has. jail(8) knows no way to
 * add one. The jail sends from its first address where nothing else decides: that of the network that would give it the
 * default route. An internal network comes last, as it leads nowhere.
 */
export function jailAddresses(
  target: AttachTarget,
  { attached }: { readonly attached: boolean },
): PerFamily<readonly IpAddress[]> {
  const connections: readonly Connection[] = [
    ...target.siblings.filter((sibling) => sibling.attached),
    ...(attached ? [target] : []),
  ].toSorted(byUse);
  const all = connections.flatMap(aliasesOf);
  const lists: { [F in Family]?: readonly IpAddress[] } = {};
  for (const { family } of aliasesOf(target))
    lists[family] = all.filter((one) => one.family === family).map(({ address }) => address);
  return lists;
}

/**
 * What the list of the jail is to have besides, or has besides, of the families that this endpoint is the first to have:
 * one endpoint tells it for all. The first address counts, as the jail sends from it.
 */
export function listProblems(
  target: AttachTarget,
  held: PerFamily<readonly IpAddress[]>,
): readonly string[] {
  const who = `container '${target.container.name}'`;
  const wanted = jailAddresses(target, { attached: true });
  return aliasesOf(target).flatMap(({ family, address }) => {
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
      aliasesOf(sibling).every((alias) => alias.family !== family),
  );
}

function byUse(a: Connection, b: Connection): number {
  return (
    Number(a.network.internal) - Number(b.network.internal) || byPreference(a.endpoint, b.endpoint)
  );
}
