/** Compares the host and the container of vnet endpoints with the result of attach. Pure. */
import type { AttachTarget } from '@kleenet/core/driver';
import { gatewayAddresses, heldAddresses, nextHops, rankOf } from '@kleenet/core/driver';
import { links, routes } from '@kleenet/core/linux';
import type { IpLink, IpLinkAddress, IpObject } from '@kleenet/core/linux';
import {
  atInterface,
  isConnectedRoute,
  linkGroupProblems,
  permanentNeighbours,
  proxied,
} from '@kleenet/platform/linux';
import type { ConnectedRoute, SysctlChange } from '@kleenet/platform/linux';
import { connectedRoutes, gatewayMac, hostEnd, isProxied, mtuOf } from './linux-plan.ts';

/** What there is on the host for an endpoint, among everything there. */
export function hostPart(target: AttachTarget, host: readonly IpObject[]): readonly IpObject[] {
  return [
    ...atInterface(host, hostEnd(target)),
    ...atInterface(host, target.network.interface).filter((object) => !('ifname' in object)),
  ];
}

/** The commands that show the state of the container. */
export function sandboxLookLines({ endpoint }: AttachTarget): readonly string[] {
  const { interface: device } = endpoint;
  return [
    `address show dev ${device}`,
    `route show table all dev ${device}`,
    `neighbour show dev ${device} nud permanent`,
  ];
}

/** Differences on the host, one sentence each. */
export function hostProblems(target: AttachTarget, shown: readonly IpObject[]): readonly string[] {
  const { container, endpoint, network } = target;
  const [port] = links(shown);
  if (port === undefined) return [];
  const { ifname: name } = port;
  const neighbours = permanentNeighbours(shown);
  const answered = proxied(shown);
  return [
    ...(port.master === network.interface
      ? []
      : [`${name} is not a port of the bridge ${network.interface}`]),
    ...linkGroupProblems(name, port.group),
    ...(port.flags.includes('UP') ? [] : [`interface ${name} is down`]),
    ...(port.flags.includes('NOARP') ? [] : [`${name} answers ARP for the host`]),
    ...(isIsolated(port) === !network.icc
      ? []
      : [`${name} ${network.icc ? 'does not reach' : 'reaches'} the other ports of its bridge`]),
    ...mtuProblems(target, port),
    ...(port.addr_info ?? []).map(
      ({ local }) => `interface ${name} has the address ${local}, which klee did not give it`,
    ),
    ...heldAddresses(target).flatMap(({ address }) => [
      ...(endpoint.mac === undefined ||
      neighbours.some(({ dst, lladdr }) => dst === address && lladdr === endpoint.mac)
        ? []
        : [
            `the host does not know the MAC address of ${address} of container '${container.name}'`,
          ]),
      ...(!isProxied(target, address) || answered.includes(address)
        ? []
        : [`the host does not answer for ${address} of container '${container.name}'`]),
    ]),
  ];
}

/**
 * Differences in the container, one sentence each. A container may add addresses and routes to its stack; only those of
 * attach are checked.
 */
export function sandboxProblems(
  target: AttachTarget,
  shown: readonly IpObject[],
): readonly string[] {
  const { container, endpoint } = target;
  const who = `container '${container.name}'`;
  const [link] = links(shown);
  if (link === undefined) return [];
  const held = new Set((link.addr_info ?? []).map(({ local }) => local));
  const neighbours = permanentNeighbours(shown);
  return [
    ...(link.flags.includes('UP') ? [] : [`${endpoint.interface} of ${who} is down`]),
    ...(link.address === endpoint.mac
      ? []
      : [`${who} has the MAC address ${link.address}, not ${endpoint.mac}`]),
    ...mtuProblems(target, link),
    ...heldAddresses(target)
      .filter(({ address }) => !held.has(address))
      .map(({ address }) => `${who} lacks its address ${address}`),
    ...strayAddresses(target, shown).map(
      ({ local, prefixlen }) =>
        `${who} has its address ${local} with the prefix length ${prefixlen}`,
    ),
    ...missingRoutes(target, shown)
      .filter(({ source }) => held.has(source))
      .map(({ subnet }) => `${who} lacks its route to ${subnet}`),
    ...gatewayAddresses(target.network)
      .filter(
        ({ address }) =>
          !neighbours.some(({ dst, lladdr }) => dst === address && lladdr === gatewayMac(target)),
      )
      .map(({ address }) => `${who} does not know the MAC address of its gateway ${address}`),
    ...nextHops(target)
      .filter(({ gateway }) => !hasDefaultRoute(target, shown, gateway))
      .map(({ gateway }) => `${who} lacks its default route by ${gateway}`),
  ];
}

/** The routes to its subnets that the endpoint does not have as the kernel has made them. */
export function missingRoutes(
  target: AttachTarget,
  shown: readonly IpObject[],
): readonly ConnectedRoute[] {
  return connectedRoutes(target).filter(
    (wanted) => !routes(shown).some((route) => isConnectedRoute(route, wanted)),
  );
}

/** Addresses of the endpoint with the prefix length of another subnet. */
export function strayAddresses(
  target: AttachTarget,
  shown: readonly IpObject[],
): readonly IpLinkAddress[] {
  const held = heldAddresses(target);
  return links(shown)
    .flatMap(({ addr_info: found = [] }) => found)
    .filter(({ local, prefixlen }) =>
      held.some(({ address, prefix }) => address === local && prefix !== prefixlen),
    );
}

function hasDefaultRoute(
  { endpoint }: AttachTarget,
  shown: readonly IpObject[],
  gateway: string,
): boolean {
  return routes(shown).some(
    (route) =>
      route.dst === 'default' &&
      route.gateway === gateway &&
      route.metric === rankOf(endpoint) &&
      (route.metrics ?? []).every(({ mtu }) => mtu === undefined),
  );
}

export function settingProblems(
  { container }: AttachTarget,
  changes: readonly SysctlChange[],
): readonly string[] {
  return changes.map(
    ({ name, value, old }) =>
      `the kernel setting ${name} of container '${container.name}' is ${old}, not ${value}`,
  );
}

/** Settings that keep the host from using its end as an interface. */
export function portSettingProblem({ name, value, old }: SysctlChange): string {
  return `the kernel setting ${name} is ${old}, not ${value}`;
}

function mtuProblems(target: AttachTarget, { ifname, mtu }: IpLink): readonly string[] {
  const wanted = mtuOf(target);
  return mtu === wanted ? [] : [`the MTU of ${ifname} is ${mtu}, not ${wanted}`];
}

function isIsolated({ linkinfo }: IpLink): boolean {
  return linkinfo?.info_slave_data?.isolated ?? false;
}
