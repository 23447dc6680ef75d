/** The resources of a network on the host, as commands of ip(8). Pure. */
import { FAMILIES, gatewayAddresses, inFamilyOrder } from '@kleenet/core';
import type { Cidr, GatewayAddress, IpAddress, Network, KnownResource } from '@kleenet/core';
import { LINK_GROUP, ROUTE_PROTOCOL, isMarked, linkAlias } from '@kleenet/core/linux';
import type { IpLink, IpLinkAddress, IpRoute } from '@kleenet/core/linux';
import {
  connectedRouteLine,
  isConnectedRoute,
  isRouteTo,
  staleRouteLine,
} from './connected-routes.ts';
import { linkGroupProblems, macFor } from './names.ts';
import type { Sysctl } from './sysctl.ts';

/** Worse than any usable route: it only catches addresses without a lease. */
const UNREACHABLE = `metric 4096 proto ${ROUTE_PROTOCOL}`;

export function networkResources(network: Network): readonly KnownResource[] {
  if (network.type === 'custom') return [];
  return [
    { kind: 'interface' as const, name: network.interface },
    ...subnets(network)
      .filter(() => network.type === 'loopback')
      .map((subnet) => ({ kind: 'route' as const, name: subnet, type: 'unreachable' })),
  ];
}

/**
 * The lines that make the interface. That of a loopback network carries no packets and no addresses (the routes of its
 * containers do), so a bridge without ports serves as well as a dummy device, which not every kernel has.
 */
export function createLines(network: Network): readonly string[] {
  const { interface: name, id, mtu } = network;
  const size = mtu === undefined ? '' : ` mtu ${mtu}`;
  return [
    // The fixed address keeps a bridge from taking over that of a port, which neighbours would have to learn again.
    `link add name ${name} address ${macFor('network', id)}${size} group ${LINK_GROUP} type bridge`,
    `link set dev ${name} alias ${linkAlias('network', id)} addrgenmode none`,
    ...assertLines(network),
    ...restoringLines(network, routesWithoutAddress(network)).make,
  ];
}

/**
 * Makes an existing interface equal to a new one. Changing the MAC address disturbs neighbours, so it is not repeated.
 */
export function linkLines(network: Network, link: IpLink): readonly string[] {
  const { interface: name, id, mtu } = network;
  const mac = macFor('network', id);
  return [
    ...(link.group === LINK_GROUP ? [] : [`link set dev ${name} group ${LINK_GROUP}`]),
    ...(link.address === mac ? [] : [`link set dev ${name} address ${mac}`]),
    ...(mtu === undefined || link.mtu === mtu ? [] : [`link set dev ${name} mtu ${mtu}`]),
  ];
}

/**
 * A bridge takes frames for reserved groups (01:80:c2:00:00:03 to 0f) out of its rules, and learns their senders, which may
 * be forged: it forwards them, so that the rules see and drop them. It keeps no list of other groups, which a container
 * could fill.
 */
const GROUPS = { group_fwd_mask: '0xfff8', mcast_snooping: 0 } as const;

/** The lines that may be repeated for an existing interface. */
export function assertLines(network: Network): readonly string[] {
  return [
    ...(network.type === 'bridge'
      ? [`link set dev ${network.interface} type bridge ${Object.entries(GROUPS).flat().join(' ')}`]
      : []),
    `link set dev ${network.interface} up`,
    ...ownGateways(network).map(
      ({ address, prefix }) =>
        `address replace ${address}/${prefix} dev ${network.interface}${address.includes(':') ? ' nodad' : ''}`,
    ),
    ...(network.type === 'loopback'
      ? subnets(network).map((subnet) => `route replace unreachable ${subnet} ${UNREACHABLE}`)
      : []),
  ];
}

/** A bridge without an address of the subnet still needs a route: to published ports, and from ipnet. */
function routesWithoutAddress({ type, pools }: Network): readonly Cidr[] {
  if (type !== 'bridge') return [];
  return inFamilyOrder(pools).flatMap(({ subnet, gateway, gatewayOnHost }) =>
    gateway !== undefined && gatewayOnHost ? [] : [subnet],
  );
}

/** The lines that undo the others; the interface goes first, with its addresses. */
export function removeLines(network: Network, ownInterface: boolean): readonly string[] {
  return [
    ...(ownInterface ? [`link delete dev ${network.interface}`] : []),
    ...(network.type === 'loopback'
      ? subnets(network).map((subnet) => `route delete unreachable ${subnet} ${UNREACHABLE}`)
      : []),
  ];
}

/** The subnets without a route through the interface: a user's may lack an address in one. */
export function missingInterfaceRoutes(
  network: Network,
  link: IpLink,
  routes: readonly IpRoute[],
): readonly string[] {
  const { ifname: device } = link;
  return subnets(network).filter(
    (subnet) =>
      !routes.some((route) =>
        network.type === 'custom'
          ? isRouteTo(route.dst, subnet) && route.dev === device
          : isConnectedRoute(route, { subnet, device, source: sourceIn(network, subnet) }),
      ),
  );
}

/** The address of the host in a subnet, if it has one. */
function sourceIn(network: Network, subnet: string): IpAddress | undefined {
  const family = subnet.includes(':') ? 'ipv6' : 'ipv4';
  return ownGateways(network).find((gateway) => gateway.family === family)?.address;
}

/**
 * The lines that restore such routes on a bridge, those of its own addresses as the kernel makes them; and those that
 * first remove what is wrong of them.
 */
export function restoringLines(
  network: Network,
  missing: readonly string[],
): { readonly clear: readonly string[]; readonly make: readonly string[] } {
  const { interface: device } = network;
  const wanted = missing.map((subnet) => ({ subnet, device, source: sourceIn(network, subnet) }));
  return {
    clear: wanted.map(staleRouteLine),
    make: wanted.map((route) =>
      route.source === undefined
        ? interfaceRouteLine('append', route.subnet, device)
        : connectedRouteLine(route),
    ),
  };
}

/** Gateway addresses with the prefix length of another subnet. */
function strayGateways(network: Network, link: IpLink): readonly IpLinkAddress[] {
  return ownGateways(network).flatMap(({ address, prefix }) =>
    (link.addr_info ?? []).filter(
      ({ local, prefixlen }) => local === address && prefixlen !== prefix,
    ),
  );
}

/**
 * The lines that remove them. The kernel has an IPv6 address once only, so it goes before the right one comes; with its
 * last IPv4 address a link loses all its routes and neighbours, so that goes afterwards.
 */
export function strayLines(
  network: Network,
  link: IpLink,
): { readonly before: readonly string[]; readonly after: readonly string[] } {
  const lines = strayGateways(network, link).map(
    ({ local, prefixlen }) => `address delete ${local}/${prefixlen} dev ${network.interface}`,
  );
  const isIpv6 = (line: string): boolean => line.includes(':');
  return { before: lines.filter(isIpv6), after: lines.filter((line) => !isIpv6(line)) };
}

export function interfaceRouteLine(
  verb: 'append' | 'delete',
  subnet: string,
  device: string,
): string {
  return `route ${verb} ${subnet} dev ${device} proto ${ROUTE_PROTOCOL}`;
}

/** Settings of the whole host that let packets pass between containers and networks. */
export function forwardingSysctls(network: Network): readonly Sysctl[] {
  return [
    ...(network.pools.ipv4 === undefined ? [] : [{ name: 'net/ipv4/ip_forward', value: '1' }]),
    ...(network.pools.ipv6 === undefined
      ? []
      : [{ name: 'net/ipv6/conf/all/forwarding', value: '1' }]),
  ];
}

/**
 * What the interface must do where neighbours share a link with it: answer at once for containers that are routed to
 * (the delay of proxy answers is 0.8 s by default), and on a bridge of ours never listen to a container that
 * plays router. Without icc it answers for every address of the bridge, whose ports do not talk to each other: what is
 * allowed between them goes through the host (RFC 3069).
 */
export function interfaceSysctls(network: Network): readonly Sysctl[] {
  const { interface: name, pools } = network;
  const deaf = network.type === 'custom' ? [] : deafSysctls(name);
  if (network.type === 'loopback') return deaf;
  return [
    ...deaf,
    ...(network.type === 'bridge' && !network.icc
      ? [{ name: `net/ipv4/conf/${name}/proxy_arp_pvlan`, value: '1' }]
      : []),
    // A new interface takes over what the host has as its default, which may differ from that of all.
    ...(network.type === 'bridge' ? forwardingSysctlsOf(network) : []),
    ...(pools.ipv4 === undefined
      ? []
      : [{ name: `net/ipv4/neigh/${name}/proxy_delay`, value: '0' }]),
    ...(pools.ipv6 === undefined
      ? []
      : [
          { name: `net/ipv6/neigh/${name}/proxy_delay`, value: '0' },
          { name: `net/ipv6/conf/${name}/proxy_ndp`, value: '1' },
          ...(network.type === 'bridge' ? advertisingSysctls(name) : []),
        ]),
  ];
}

/** The kernel looks at that of the interface by which a packet comes (Linux, ip-sysctl.rst). */
function forwardingSysctlsOf({ interface: name, pools }: Network): readonly Sysctl[] {
  return FAMILIES.filter((family) => pools[family] !== undefined).map((family) => ({
    name: `net/${family}/conf/${name}/forwarding`,
    value: '1',
  }));
}

/** With these, a new address of the bridge is advertised immediately: core knows that it is unique. */
function advertisingSysctls(name: string): readonly Sysctl[] {
  return [
    { name: `net/ipv6/conf/${name}/accept_dad`, value: '0' },
    { name: `net/ipv6/conf/${name}/ndisc_notify`, value: '1' },
  ];
}

/** The host accepts no addresses and routes from a container: it is their router. */
function deafSysctls(name: string): readonly Sysctl[] {
  return [
    { name: `net/ipv6/conf/${name}/accept_ra`, value: '0' },
    { name: `net/ipv6/conf/${name}/accept_redirects`, value: '0' },
    { name: `net/ipv4/conf/${name}/accept_redirects`, value: '0' },
  ];
}

/** Interfaces with an IPv6 default route from a router advertisement, which forwarding would remove. */
export function interfacesWithAdvertisedRoute(routes: readonly IpRoute[]): readonly string[] {
  const advertised = routes.filter(
    ({ dst, protocol, dev }) => dst === 'default' && protocol === 'ra' && dev !== undefined,
  );
  return [...new Set(advertised.flatMap(({ dev }) => (dev === undefined ? [] : [dev])))];
}

/** Whether klee made the interface. */
export function isOurs(link: IpLink): boolean {
  return isMarked(link);
}

/** Differences between the network's requirements and the host, one sentence each. */
export function networkProblems(
  network: Network,
  link: IpLink | undefined,
  routes: readonly IpRoute[],
): readonly string[] {
  const name = network.interface;
  if (link === undefined) return [`interface ${name} is missing`];
  if (network.type !== 'custom' && !isOurs(link)) return [`interface ${name} is not klee's`];
  return [
    ...(link.flags.includes('UP') ? [] : [`interface ${name} is down`]),
    ...(network.type === 'custom' ? [] : ownLinkProblems(network, link)),
    ...(network.type === 'bridge' ? groupProblems(network, link) : []),
    ...(network.type === 'loopback' ? [] : missingInterfaceRoutes(network, link, routes)).map(
      (subnet) => `the host has no route to ${subnet} by ${name}`,
    ),
    ...ownGateways(network)
      .filter(({ address }) => !(link.addr_info ?? []).some(({ local }) => local === address))
      .map(({ address }) => `interface ${name} lacks the gateway address ${address}`),
    ...strayGateways(network, link).map(
      ({ local, prefixlen }) =>
        `interface ${name} has the gateway address ${local} with the prefix length ${prefixlen}`,
    ),
    ...(network.type === 'loopback' ? subnets(network) : [])
      .filter(
        (subnet) =>
          !routes.some(({ dst, type }) => isRouteTo(dst, subnet) && type === 'unreachable'),
      )
      .map((subnet) => `the unreachable route for ${subnet} is missing`),
  ];
}

function groupProblems({ interface: name }: Network, { linkinfo }: IpLink): readonly string[] {
  const found = linkinfo?.info_data ?? {};
  return (['group_fwd_mask', 'mcast_snooping'] as const)
    .filter((key) => found[key] !== GROUPS[key])
    .map((key) => `${key} of ${name} is ${found[key] ?? 'not known'}, not ${GROUPS[key]}`);
}

function ownLinkProblems({ id, interface: name, mtu }: Network, link: IpLink): readonly string[] {
  const mac = macFor('network', id);
  return [
    ...linkGroupProblems(name, link.group),
    ...(link.address === mac
      ? []
      : [`interface ${name} has the MAC address ${link.address}, not ${mac}`]),
    ...(mtu === undefined || link.mtu === mtu
      ? []
      : [`the MTU of ${name} is ${link.mtu}, not ${mtu}`]),
  ];
}

function subnets({ pools }: Network): readonly Cidr[] {
  return inFamilyOrder(pools).map(({ subnet }) => subnet);
}

/** The interface of a loopback network has none: the routes of its containers lead nowhere else. */
function ownGateways(network: Network): readonly GatewayAddress[] {
  return network.type === 'bridge' ? gatewayAddresses(network) : [];
}
