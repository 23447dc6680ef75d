/** The resources of a vnet endpoint on FreeBSD. Pure. */
import type {
  Argv,
  AttachTarget,
  Connection,
  Endpoint,
  Family,
  IpAddress,
  Network,
  KnownResource,
} from '@kleenet/core/driver';
import { FAMILIES, defaultRoutes, heldAddresses } from '@kleenet/core/driver';
import { addAddressArgv, bears, mark, pairOf } from '@kleenet/platform/freebsd';
import type { Interface, Pair } from '@kleenet/platform/freebsd';

/** In bytes: the default MTU of a bridge. */
const DEFAULT_MTU = 1500;

/** The MTU of both ends of an epair: members of a bridge have the bridge's MTU. */
export function mtuOf(network: Network, interfaces: readonly Interface[]): number {
  return interfaces.find(({ name }) => name === network.interface)?.mtu ?? DEFAULT_MTU;
}

/** The lower numbers are left to epairs without a given number; the kernel allows 32767 in all. */
const FIRST_UNIT = 1000;
const UNITS = 30_000;

/** The number of attempts: other software makes epairs, too, and some of them are invisible from the host. */
const ATTEMPTS = 100;

/** The candidate numbers of an endpoint's epair, in order. */
export function unitsOf({ endpoint }: AttachTarget): readonly number[] {
  const first = Number.parseInt(endpoint.id, 16) % UNITS;
  return Array.from({ length: ATTEMPTS }, (_, index) => FIRST_UNIT + ((first + index) % UNITS));
}

/** The claim of an epair: both ends, because the inner one is on the host until it is moved. */
export function claimOf({ outside, inside }: Pair): KnownResource {
  return { kind: 'interface', name: outside, peer: inside };
}

/** The epair with the first candidate number. Another one is claimed if that is taken. */
export function resources(target: AttachTarget): readonly KnownResource[] {
  return unitsOf(target)
    .slice(0, 1)
    .map((unit) => claimOf(pairOf(unit)));
}

/** The interfaces of the host with the mark of an endpoint. */
export function interfacesOf(
  { id }: Endpoint,
  interfaces: readonly Interface[],
): readonly Interface[] {
  return interfaces.filter((found) => bears(found, mark('endpoint', id)));
}

/** The epair of an earlier attach; undefined if there is none. */
export function existingPair(
  { endpoint }: AttachTarget,
  interfaces: readonly Interface[],
): Pair | undefined {
  const [unit] = interfacesOf(endpoint, interfaces).flatMap(({ name }) => {
    const number = /^epair(\d+)a$/.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  return unit === undefined ? undefined : pairOf(unit);
}

/** In the jail: the addresses, without duplicate address detection (core knows that they are unique), then up. */
export function addressArgvs(target: AttachTarget): readonly Argv[] {
  const { interface: name } = target.endpoint;
  return [
    ...heldAddresses(target).map(({ address, prefix }) =>
      addAddressArgv(name, { address, prefix, atOnce: true }),
    ),
    ['ifconfig', name, 'up'],
  ];
}

/** The other endpoints with an epair on the host: the jail's own view is not consulted. */
export function attachedSiblings(
  { siblings }: AttachTarget,
  interfaces: readonly Interface[],
): readonly Connection[] {
  return siblings.filter(
    ({ attached, endpoint }) => attached && interfacesOf(endpoint, interfaces).length > 0,
  );
}

/** A default route to set. */
export interface RouteChange {
  readonly family: Family;
  readonly gateway: IpAddress;
  /** Whether it replaces another one. */
  readonly replaces: boolean;
}

/** The default routes that attach sets: those where this endpoint comes first. */
export function routesToTake(
  target: AttachTarget,
  siblings: readonly Connection[],
): readonly RouteChange[] {
  const now = defaultRoutes([...siblings, target]);
  const before = defaultRoutes(siblings);
  return FAMILIES.flatMap((family) => {
    const route = now[family];
    if (route === undefined || route.endpoint.id !== target.endpoint.id) return [];
    return [{ family, gateway: route.gateway, replaces: before[family] !== undefined }];
  });
}

/** The default routes of other endpoints after the removal of this one. */
export function routesToHandOver(
  target: AttachTarget,
  siblings: readonly Connection[],
): readonly RouteChange[] {
  const before = defaultRoutes([...siblings, target]);
  const next = defaultRoutes(siblings);
  return FAMILIES.flatMap((family) => {
    const route = next[family];
    if (route === undefined || before[family]?.endpoint.id !== target.endpoint.id) return [];
    return [{ family, gateway: route.gateway, replaces: false }];
  });
}
