/** The resources of a vnet endpoint on Linux, as commands of ip(8). Pure. */
import { gatewayAddresses, heldAddresses, nextHops, rankOf } from '@kleenet/core/driver';
import type { AttachTarget, IpAddress, KnownResource } from '@kleenet/core/driver';
import { LINK_GROUP, hostInterface, linkAlias } from '@kleenet/core/linux';
import { macFor } from '@kleenet/platform/linux';
import type { ConnectedRoute, GuardedPort, Sysctl } from '@kleenet/platform/linux';

/** The host's end of an endpoint. */
export function hostEnd({ endpoint }: AttachTarget): string {
  return hostInterface('port', endpoint.id);
}

/**
 * The other end is removed with the host's, and both with the sandbox; only the host's end, and the host's neighbour
 * entries, can be left over.
 */
export function resources(target: AttachTarget): readonly KnownResource[] {
  return [
    { kind: 'interface', name: hostEnd(target) },
    ...heldAddresses(target).map(({ address }) => ({
      kind: 'neighbour' as const,
      name: address,
      interface: target.network.interface,
    })),
  ];
}

/** The port of the bridge, and its permitted senders; undefined for an endpoint without a MAC address. */
export function portOf(target: AttachTarget): GuardedPort | undefined {
  const { mac } = target.endpoint;
  if (mac === undefined) return undefined;
  return {
    interface: hostEnd(target),
    mac,
    addresses: heldAddresses(target).map(({ address }) => address),
  };
}

/**
 * On the host: the pair, created with its other end already in the sandbox, so that a name on the host cannot conflict.
 */
export function createLines(target: AttachTarget): readonly string[] {
  const { endpoint, sandbox } = target;
  const mtu = ` mtu ${mtuOf(target)}`;
  const mac = endpoint.mac === undefined ? '' : ` address ${endpoint.mac}`;
  return [
    `link add name ${hostEnd(target)}${mtu} group ${LINK_GROUP} type veth peer name ${endpoint.interface}${mac}${mtu} netns ${sandbox.name}`,
    `link set dev ${hostEnd(target)} alias ${linkAlias('endpoint', endpoint.id)} addrgenmode none arp off`,
  ];
}

/**
 * On the host, and repeatable: adds the port to the bridge, and permanent neighbour entries for the endpoint, so that
 * the host needs no discovery. Without icc ports cannot reach each other, and the host proxies them; for IPv4 its
 * bridge does so for the whole subnet.
 */
export function joinLines(target: AttachTarget): readonly string[] {
  const { endpoint, network } = target;
  const { interface: bridge, icc } = network;
  return [
    `link set dev ${hostEnd(target)} mtu ${mtuOf(target)} group ${LINK_GROUP} arp off master ${bridge} up`,
    `link set dev ${hostEnd(target)} type bridge_slave isolated ${icc ? 'off' : 'on'}`,
    ...heldAddresses(target).flatMap(({ address }) => [
      ...(endpoint.mac === undefined
        ? []
        : [`neighbour replace ${address} lladdr ${endpoint.mac} dev ${bridge} nud permanent`]),
      ...(isProxied(target, address) ? [`neighbour replace proxy ${address} dev ${bridge}`] : []),
    ]),
  ];
}

export function leaveLines(target: AttachTarget): readonly string[] {
  const bridge = target.network.interface;
  return heldAddresses(target).flatMap(({ address }) => [
    `neighbour delete ${address} dev ${bridge}`,
    ...(isProxied(target, address) ? [`neighbour delete proxy ${address} dev ${bridge}`] : []),
  ]);
}

/** In bytes: the kernel's default MTU of an Ethernet interface. */
const DEFAULT_MTU = 1500;

export function mtuOf({ network }: AttachTarget): number {
  return network.mtu ?? DEFAULT_MTU;
}

/** Whether the host proxies an address, because the ports of its network cannot reach each other. */
export function isProxied({ network }: AttachTarget, address: IpAddress): boolean {
  return !network.icc && address.includes(':');
}

/**
 * On the host: disables its end as an interface. A bridge delivers frames for 01:80:c2:00:00:00 to 0f to the stack of
 * their port, where the rules drop them; these settings also hold without rules, or while the port is outside its
 * bridge.
 */
export function portSysctls(target: AttachTarget): readonly Sysctl[] {
  const name = hostEnd(target);
  return [
    { name: `net/ipv6/conf/${name}/disable_ipv6`, value: '1' },
    { name: `net/ipv6/conf/${name}/accept_ra`, value: '0' },
    { name: `net/ipv4/conf/${name}/forwarding`, value: '0' },
    // No route leads back through the port, so the reverse path filter drops every sender.
    { name: `net/ipv4/conf/${name}/rp_filter`, value: '1' },
  ];
}

/**
 * In the sandbox, before its end is up: the host is the only router, and advertises itself. The addresses are announced
 * immediately: neighbours may have cached an earlier holder.
 */
export function sandboxSysctls({ endpoint }: AttachTarget): readonly Sysctl[] {
  const { interface: device } = endpoint;
  return [
    { name: `net/ipv6/conf/${device}/accept_ra`, value: '0' },
    { name: `net/ipv6/conf/${device}/accept_redirects`, value: '0' },
    { name: `net/ipv6/conf/${device}/ndisc_notify`, value: '1' },
    { name: `net/ipv4/conf/${device}/arp_notify`, value: '1' },
  ];
}

/**
 * In the sandbox: addresses without duplicate address detection (core knows that they are unique), and the default
 * route. The MAC address of a gateway on the host never changes, so a permanent entry saves the discovery and prevents
 * spoofing.
 */
export function sandboxLines(target: AttachTarget): readonly string[] {
  const { interface: device } = target.endpoint;
  return [
    `link set dev ${device} mtu ${mtuOf(target)} addrgenmode none up`,
    ...heldAddresses(target).map(
      ({ address, prefix }) =>
        `address replace ${address}/${prefix} dev ${device}${address.includes(':') ? ' nodad' : ''}`,
    ),
    ...announceLines(target),
    // Every endpoint has its own default route: when one is disconnected, the next is already there.
    ...nextHops(target).map(
      ({ gateway }) =>
        `route replace default via ${gateway} dev ${device} metric ${rankOf(target.endpoint)}`,
    ),
  ];
}

/** In the sandbox: the routes to the subnets, which the kernel makes with the addresses, and only then. */
export function connectedRoutes(target: AttachTarget): readonly ConnectedRoute[] {
  const { interface: device } = target.endpoint;
  return heldAddresses(target).map(({ address: source, subnet }) => ({ subnet, device, source }));
}

/**
 * In the sandbox: setting the MAC address, even to the same value, makes the kernel announce the addresses to
 * neighbours that may have cached an earlier holder. It also drops the container's own neighbour entries, so these
 * follow.
 */
export function announceLines(target: AttachTarget): readonly string[] {
  const { interface: device, mac } = target.endpoint;
  return [
    ...(mac === undefined ? [] : [`link set dev ${device} address ${mac}`]),
    ...gatewayAddresses(target.network).map(
      ({ address }) =>
        `neighbour replace ${address} lladdr ${gatewayMac(target)} dev ${device} nud permanent`,
    ),
  ];
}

export function removeLines(target: AttachTarget): readonly string[] {
  return [`link delete dev ${hostEnd(target)}`];
}

/** The MAC address of the bridge, which never changes. */
export function gatewayMac({ network }: AttachTarget): string {
  return macFor('network', network.id);
}
