/** Compares the host and the sandbox of ipnet endpoints with the result of attach. Pure. */
import type { AttachTarget, Connection, HeldAddress } from '@kleenet/core/driver';
import { heldAddresses, rankOf } from '@kleenet/core/driver';
import { ROUTE_PROTOCOL, links, routes } from '@kleenet/core/linux';
import type { IpLinkAddress, IpObject, IpRoute } from '@kleenet/core/linux';
import {
  NEXT_HOPS,
  atInterface,
  isRouteTo,
  linkGroupProblems,
  permanentNeighbours,
  proxied,
} from '@kleenet/platform/linux';
import { isShared, linkOf, sourceOf } from './linux-plan.ts';

/** What there is on the host for an endpoint, among everything there. */
export function hostPart(target: AttachTarget, host: readonly IpObject[]): readonly IpObject[] {
  return [
    ...atInterface(host, linkOf(target).hostInterface),
    ...atInterface(host, target.network.interface).filter((object) => 'proxy' in object),
  ];
}

/** Whether the host answers for all of its addresses on the network. */
export function isProxied(target: AttachTarget, host: readonly IpObject[]): boolean {
  const answered = proxied(atInterface(host, target.network.interface));
  return (
    isShared(target) && heldAddresses(target).every(({ address }) => answered.includes(address))
  );
}

/** The commands that show the state of the sandbox. */
export function sandboxLookLines(target: AttachTarget): readonly string[] {
  const { interface: device } = linkOf(target);
  return [
    `address show dev ${device}`,
    `route show table all dev ${device}`,
    `neighbour show dev ${device}`,
  ];
}

/** Differences on the host, one sentence each. */
export function hostProblems(target: AttachTarget, shown: readonly IpObject[]): readonly string[] {
  const { hostInterface, hostMac, mac } = linkOf(target);
  const who = `container '${target.container.name}'`;
  const [link] = links(shown);
  if (link === undefined) return [`interface ${hostInterface} is missing`];
  const neighbours = permanentNeighbours(shown);
  const answered = proxied(shown);
  return [
    ...linkGroupProblems(hostInterface, link.group),
    ...(link.flags.includes('UP') ? [] : [`interface ${hostInterface} is down`]),
    ...(link.address === hostMac
      ? []
      : [`interface ${hostInterface} has the MAC address ${link.address}, not ${hostMac}`]),
    ...heldAddresses(target).flatMap((held) => [
      ...(routes(shown).some((route) => leadsTo(route, held, target))
        ? []
        : [`the host has no route to ${held.address} of ${who}`]),
      ...(neighbours.some(({ dst, lladdr }) => dst === held.address && lladdr === mac)
        ? []
        : [`the host does not know the MAC address of ${held.address} of ${who}`]),
      ...(!isShared(target) || answered.includes(held.address)
        ? []
        : [
            `the host does not answer for ${held.address} of ${who} on ${target.network.interface}`,
          ]),
    ]),
  ];
}

function leadsTo(route: IpRoute, held: HeldAddress, target: AttachTarget): boolean {
  const { network } = target;
  return (
    isRouteTo(route.dst, held.single) &&
    route.table === 'main' &&
    route.gateway === undefined &&
    route.prefsrc === sourceOf(held, target) &&
    route.protocol === String(ROUTE_PROTOCOL) &&
    mtuOf(route) === network.mtu
  );
}

function singleOf({ local = '', prefixlen = 0 }: IpLinkAddress): string {
  return `${local}/${prefixlen}`;
}

/** Differences in the sandbox, one sentence each. */
export function sandboxProblems(
  target: AttachTarget,
  shown: readonly IpObject[],
): readonly string[] {
  const { interface: device, hostMac, mac } = linkOf(target);
  const who = `container '${target.container.name}'`;
  const [link] = links(shown);
  if (link === undefined) return [`${who} has no interface ${device}`];
  const addresses = new Set((link.addr_info ?? []).map(singleOf));
  const hops = permanentNeighbours(shown);
  return [
    ...(link.flags.includes('UP') ? [] : [`${device} of ${who} is down`]),
    ...(link.address === mac ? [] : [`${who} has the MAC address ${link.address}, not ${mac}`]),
    ...heldAddresses(target).flatMap((held) => {
      const hop = NEXT_HOPS[held.family];
      return [
        ...(addresses.has(held.single) ? [] : [`${who} lacks its address ${held.address}`]),
        ...(hops.some(({ dst, lladdr }) => dst === hop && lladdr === hostMac)
          ? []
          : [`${who} does not know the MAC address of its next hop ${hop}`]),
        ...missingRoutes(target, held, routes(shown)).map(
          (destination) => `${who} lacks its route to ${destination} from ${held.address}`,
        ),
      ];
    }),
    ...foreign(target, shown).map(({ what }) => `${who} has ${what}, which klee did not make`),
  ];
}

function missingRoutes(
  target: AttachTarget,
  held: HeldAddress,
  there: readonly IpRoute[],
): readonly string[] {
  return expectedRoutes(target)
    .filter(({ source }) => source === held.address)
    .filter((expected) => !there.some((route) => isExpected(route, expected)))
    .map(({ destination }) => (destination.endsWith('/0') ? 'anywhere' : destination));
}

/** A route that attach makes in the sandbox. */
interface ExpectedRoute {
  readonly destination: string;
  readonly source: string;
  readonly hop: string;
  readonly mtu: number | undefined;
  /** Absent if the kernel chooses. */
  readonly metric?: number;
}

function expectedRoutes(connection: Connection): readonly ExpectedRoute[] {
  const { network, endpoint } = connection;
  return heldAddresses(connection).flatMap(({ family, address, subnet }) => {
    const common = { source: address, hop: NEXT_HOPS[family], mtu: network.mtu };
    const anywhere = family === 'ipv4' ? '0.0.0.0/0' : '::/0';
    return [
      { ...common, destination: subnet },
      ...(network.internal ? [] : [{ ...common, destination: anywhere, metric: rankOf(endpoint) }]),
    ];
  });
}

function isExpected(route: IpRoute, expected: ExpectedRoute): boolean {
  return (
    isRouteTo(route.dst, expected.destination) &&
    isSameFamily(route, expected) &&
    route.prefsrc === expected.source &&
    mtuOf(route) === expected.mtu &&
    (expected.metric === undefined || route.metric === expected.metric)
  );
}

/** The hop also distinguishes the families of default routes, which ip(8) gives the same name. */
function isSameFamily({ gateway }: IpRoute, { hop }: ExpectedRoute): boolean {
  return gateway === hop;
}

function mtuOf({ metrics = [] }: IpRoute): number | undefined {
  return metrics.find(({ mtu }) => mtu !== undefined)?.mtu;
}

/** An address or route in the sandbox that belongs to no endpoint of the container, and the line that removes it. */
export interface Foreign {
  readonly what: string;
  readonly line: string;
}

/**
 * The container itself can add neither addresses nor routes: these were added from the host, or left by a crash.
 */
export function foreign(target: AttachTarget, shown: readonly IpObject[]): readonly Foreign[] {
  const { interface: device } = linkOf(target);
  const connections: readonly Connection[] = [
    target,
    ...target.siblings.filter(({ attached }) => attached),
  ];
  const addresses = new Set<string>(connections.flatMap(heldAddresses).map(({ single }) => single));
  const expected = connections.flatMap(expectedRoutes);
  return [
    ...links(shown)
      .flatMap(({ addr_info: found = [] }) => found)
      .map(singleOf)
      .filter((found) => !addresses.has(found))
      .map((found) => ({
        what: `the address ${found}`,
        line: `address delete ${found} dev ${device}`,
      })),
    ...routes(shown)
      .filter(({ table, protocol }) => table === 'main' && protocol !== 'kernel')
      .filter((route) => !expected.some((one) => isExpected(route, one)))
      .map((route) => ({
        what: `the route ${wordsOf(route)}`,
        line: `route delete ${wordsOf(route)} dev ${device}`,
      })),
  ];
}

/** Shows them, unless they go with their addresses: the kernel deletes the IPv4 routes of an address with it. */
export function defaultRouteLookLines(target: AttachTarget): readonly string[] {
  const hasIpv6 = heldAddresses(target).some(({ family }) => family === 'ipv6');
  return hasIpv6 ? [`route show table all dev ${linkOf(target).interface}`] : [];
}

/**
 * The default routes of an endpoint in the sandbox, with any metric: an earlier klee may have chosen another one, and
 * an IPv6 route stays without its address.
 */
export function ownDefaultRouteLines(
  target: AttachTarget,
  shown: readonly IpObject[],
): readonly string[] {
  const { interface: device } = linkOf(target);
  const own = new Set<string | undefined>(heldAddresses(target).map(({ address }) => address));
  return routes(shown)
    .filter(({ dst, table, prefsrc }) => dst === 'default' && table === 'main' && own.has(prefsrc))
    .map((route) => `route delete ${wordsOf(route)} dev ${device}`);
}

function wordsOf({ dst, gateway, prefsrc, metric, type = 'unicast' }: IpRoute): string {
  const family = (gateway ?? prefsrc ?? dst).includes(':') ? '::/0' : '0.0.0.0/0';
  return [
    ...(type === 'unicast' ? [] : [type]),
    dst === 'default' ? family : dst,
    ...(gateway === undefined ? [] : ['via', gateway]),
    ...(prefsrc === undefined ? [] : ['src', prefsrc]),
    ...(metric === undefined ? [] : ['metric', String(metric)]),
  ].join(' ');
}
