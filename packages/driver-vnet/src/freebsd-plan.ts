/** What a vnet endpoint needs on FreeBSD. Pure. */
import type {
  Argv,
  AttachTarget,
  Connection,
  Endpoint,
  Family,
  IpAddress,
  Network,
  Resource,
} from '@kleenet/core/driver';
import { FAMILIES, defaultRoutes, heldAddresses } from '@kleenet/core/driver';
import { addAddressArgv, bears, mark, pairOf } from '@kleenet/platform/freebsd';
import type { Interface, Pair } from '@kleenet/platform/freebsd';

/** In bytes: what a bridge has that nobody gave another one. */
const DEFAULT_MTU = 1500;

/** The MTU of both ends of an epair: members of a bridge have that of the bridge. */
export function mtuOf(network: Network, interfaces: readonly Interface[]): number {
  return interfaces.find(({ name }) => name === network.interface)?.mtu ?? DEFAULT_MTU;
}

/** Below are the numbers that the kernel gives to epairs whose maker asks for none; it knows 32767 in all. */
const FIRST_UNIT = 1000;
const UNITS = 30_000;

/** How many numbers are tried: others make epairs, too, and not all of them are to be seen from the host. */
const ATTEMPTS = 100;

/** The numbers that an endpoint's epair may have, in the order in which they are tried. */
export function unitsOf({ endpoint }: AttachTarget): readonly number[] {
  const first = Number.parseInt(endpoint.id, 16) % UNITS;
  return Array.from({ length: ATTEMPTS }, (_, index) => FIRST_UNIT + ((first + index) % UNITS));
}

/** The claim of an epair: both ends, as the inner one is on the host until it is moved. */
export function claimOf({ outside, inside }: Pair): Resource {
  return { kind: 'interface', name: outside, peer: inside };
}

/** The epair of the number that is tried first. Another one is claimed when that is taken. */
export function resources(target: AttachTarget): readonly Resource[] {
  return unitsOf(target)
    .slice(0, 1)
    .map((unit) => claimOf(pairOf(unit)));
}

/** The interfaces of the host that bear the mark of an endpoint. */
export function interfacesOf(
  { id }: Endpoint,
  interfaces: readonly Interface[],
): readonly Interface[] {
  return interfaces.filter((found) => bears(found, mark('endpoint', id)));
}

/** The epair that an earlier attach made; undefined when there is none. */
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

/** In the jail: the addresses, which need no check for duplicates (core knows that there are none), then up. */
export function addressArgvs(target: AttachTarget): readonly Argv[] {
  const { interface: name } = target.endpoint;
  return [
    ...heldAddresses(target).map(({ address, prefix }) =>
      addAddressArgv(name, { address, prefix, atOnce: true }),
    ),
    ['ifconfig', name, 'up'],
  ];
}

/** The other endpoints whose epair the host has: what a jail says of itself is not asked. */
export function attachedSiblings(
  { siblings }: AttachTarget,
  interfaces: readonly Interface[],
): readonly Connection[] {
  return siblings.filter(
    ({ attached, endpoint }) => attached && interfacesOf(endpoint, interfaces).length > 0,
  );
}

/** A default route that is to be set. */
export interface RouteChange {
  readonly family: Family;
  readonly gateway: IpAddress;
  /** Whether another one is in its place. */
  readonly replaces: boolean;
}

/** The default routes that attach sets: those that this endpoint wins. */
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

/** The default routes that others get once this endpoint is gone, and its own with it. */
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
