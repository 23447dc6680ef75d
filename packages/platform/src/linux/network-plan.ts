/** What a network needs on the host, and how ip(8) is told. Pure. */
import { gatewayAddresses, inFamilyOrder } from '@kleenet/core';
import type { Cidr, GatewayAddress, Network, Resource } from '@kleenet/core';
import type { IpLink, IpRoute } from './ip.ts';
import { LINK_GROUP, ROUTE_PROTOCOL, linkAlias, macFor } from './names.ts';
import type { Sysctl } from './sysctl.ts';

/** Worse than any route that leads somewhere: it only catches addresses that nobody has. */
const UNREACHABLE = `metric 4096 proto ${ROUTE_PROTOCOL}`;

export function networkResources(network: Network): readonly Resource[] {
  if (network.type === 'custom') return [];
  return [
    { kind: 'interface', name: network.interface },
    ...subnets(network)
      .filter(() => network.type === 'loopback')
      .map((subnet) => ({ kind: 'route', name: subnet, type: 'unreachable' })),
  ];
}

/**
 * The lines that make the interface. A loopback network's one carries no packets and no addresses (the routes of its
 * containers do), so a bridge without ports serves as well as a dummy device, which not every kernel has.
 */
export function createLines(network: Network): readonly string[] {
  const { interface: name, id, mtu } = network;
  const size = mtu === undefined ? '' : ` mtu ${mtu}`;
  return [
    // The fixed address keeps a bridge from taking over that of a port, which neighbours would have to learn anew.
    `link add name ${name} address ${macFor('network', id)}${size} group ${LINK_GROUP} type bridge`,
    `link set dev ${name} alias ${linkAlias('network', id)} addrgenmode none`,
    ...assertLines(network),
  ];
}

/** What makes an interface that is there like a new one. A new MAC address costs the neighbours, so that it is not repeated. */
export function linkLines(network: Network, link: IpLink): readonly string[] {
  const { interface: name, id, mtu } = network;
  const mac = macFor('network', id);
  return [
    ...(link.address === mac ? [] : [`link set dev ${name} address ${mac}`]),
    ...(mtu === undefined || link.mtu === mtu ? [] : [`link set dev ${name} mtu ${mtu}`]),
  ];
}

/** The lines that are right for an interface that is there, and repeat without harm. */
export function assertLines(network: Network): readonly string[] {
  return [
    `link set dev ${network.interface} up`,
    ...ownGateways(network).map(
      ({ address, prefix }) =>
        `address replace ${address}/${prefix} dev ${network.interface}${address.includes(':') ? ' nodad' : ''}`,
    ),
    ...routesWithoutAddress(network).map((subnet) =>
      interfaceRouteLine('replace', subnet, network.interface),
    ),
    ...(network.type === 'loopback'
      ? subnets(network).map((subnet) => `route replace unreachable ${subnet} ${UNREACHABLE}`)
      : []),
  ];
}

/** A bridge without an address of the subnet leads there all the same: to ports that are published, and from ipnet. */
function routesWithoutAddress({ type, pools }: Network): readonly Cidr[] {
  if (type !== 'bridge') return [];
  return inFamilyOrder(pools).flatMap(({ subnet, gateway, gatewayOnHost }) =>
    gateway !== undefined && gatewayOnHost ? [] : [subnet],
  );
}

/** The lines that undo what the others made; the interface goes first, with its addresses. */
export function removeLines(network: Network, ownInterface: boolean): readonly string[] {
  return [
    ...(ownInterface ? [`link delete dev ${network.interface}`] : []),
    ...(network.type === 'loopback'
      ? subnets(network).map((subnet) => `route delete unreachable ${subnet} ${UNREACHABLE}`)
      : []),
  ];
}

/** The subnets that no route leads to by the interface: a user's may lack an address in one. */
export function missingInterfaceRoutes(
  network: Network,
  link: IpLink,
  routes: readonly IpRoute[],
): readonly string[] {
  return subnets(network).filter(
    (subnet) => !routes.some(({ dst, dev }) => isRouteTo(dst, subnet) && dev === link.ifname),
  );
}

export function interfaceRouteLine(
  verb: 'replace' | 'delete',
  subnet: string,
  device: string,
): string {
  return `route ${verb} ${subnet} dev ${device} proto ${ROUTE_PROTOCOL}`;
}

/** What the whole host must do so that packets pass between containers and networks. */
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

/** With these, an address that the bridge gets is advertised at once: core knows that there are no duplicates. */
function advertisingSysctls(name: string): readonly Sysctl[] {
  return [
    { name: `net/ipv6/conf/${name}/accept_dad`, value: '0' },
    { name: `net/ipv6/conf/${name}/ndisc_notify`, value: '1' },
  ];
}

/** The host takes no advice about its own addresses and routes from a container: it is their router. */
function deafSysctls(name: string): readonly Sysctl[] {
  return [
    { name: `net/ipv6/conf/${name}/accept_ra`, value: '0' },
    { name: `net/ipv6/conf/${name}/accept_redirects`, value: '0' },
    { name: `net/ipv4/conf/${name}/accept_redirects`, value: '0' },
  ];
}

/** Interfaces that got an IPv6 default route from a router advertisement, and would lose it by forwarding. */
export function interfacesWithAdvertisedRoute(routes: readonly IpRoute[]): readonly string[] {
  const advertised = routes.filter(
    ({ dst, protocol, dev }) => dst === 'default' && protocol === 'ra' && dev !== undefined,
  );
  return [...new Set(advertised.flatMap(({ dev }) => (dev === undefined ? [] : [dev])))];
}

/** Whether klee made the interface. */
export function isOurs(link: IpLink): boolean {
  return link.group === LINK_GROUP;
}

/** Differences between what the network needs and what the host has, one sentence each. */
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
    ...(network.type === 'loopback' ? [] : missingInterfaceRoutes(network, link, routes)).map(
      (subnet) => `the host has no route to ${subnet} by ${name}`,
    ),
    ...ownGateways(network)
      .filter(({ address }) => !(link.addr_info ?? []).some(({ local }) => local === address))
      .map(({ address }) => `interface ${name} lacks the gateway address ${address}`),
    ...(network.type === 'loopback' ? subnets(network) : [])
      .filter(
        (subnet) =>
          !routes.some(({ dst, type }) => isRouteTo(dst, subnet) && type === 'unreachable'),
      )
      .map((subnet) => `the unreachable route for ${subnet} is missing`),
  ];
}

function ownLinkProblems({ id, interface: name, mtu }: Network, link: IpLink): readonly string[] {
  const mac = macFor('network', id);
  return [
    ...(link.address === mac
      ? []
      : [`interface ${name} has the MAC address ${link.address}, not ${mac}`]),
    ...(mtu === undefined || link.mtu === mtu
      ? []
      : [`the MTU of ${name} is ${link.mtu}, not ${mtu}`]),
  ];
}

/** ip(8) leaves out the prefix of a single address, and calls the whole Internet `default`. */
export function isRouteTo(destination: string, subnet: string): boolean {
  const [address = '', prefix] = subnet.split('/');
  if (prefix === '0') return destination === 'default';
  const single = prefix === (address.includes(':') ? '128' : '32');
  return destination === (single ? address : subnet);
}

function subnets({ pools }: Network): readonly Cidr[] {
  return inFamilyOrder(pools).map(({ subnet }) => subnet);
}

/** The interface of a loopback network has none: the routes of its containers lead nowhere else. */
function ownGateways(network: Network): readonly GatewayAddress[] {
  return network.type === 'bridge' ? gatewayAddresses(network) : [];
}
