/** What a vnet endpoint needs on Linux, and how ip(8) is told. Pure. */
import { gatewayAddresses, heldAddresses, nextHops, rankOf } from '@kleenet/core/driver';
import type { AttachTarget, IpAddress, Resource } from '@kleenet/core/driver';
import { LINK_GROUP, endpointInterface, linkAlias, macFor } from '@kleenet/platform/linux';
import type { GuardedPort, Sysctl } from '@kleenet/platform/linux';

/** The host's end of an endpoint. */
export function hostEnd({ endpoint }: AttachTarget): string {
  return endpointInterface(endpoint.id);
}

/**
 * The other end goes with the host's, and both with the sandbox; what can be left over is the host's end, and what the
 * host knows of its neighbour.
 */
export function resources(target: AttachTarget): readonly Resource[] {
  const device = target.network.interface;
  return [
    { kind: 'interface', name: hostEnd(target) },
    ...heldAddresses(target).map(({ address }) => ({ kind: 'neighbour', name: address, device })),
  ];
}

/** The port of the bridge, and what may be sent by it; undefined for an endpoint without a MAC address. */
export function portOf(target: AttachTarget): GuardedPort | undefined {
  const { mac } = target.endpoint;
  if (mac === undefined) return undefined;
  return {
    interface: hostEnd(target),
    mac,
    addresses: heldAddresses(target).map(({ address }) => address),
  };
}

/** On the host: the pair, made with its other end in the sandbox already, so that no name on the host is in the way. */
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
 * On the host, and harmless to repeat: into the bridge, and the endpoint among the host's neighbours, so that the host
 * asks nobody for it. Without icc ports do not talk to each other, and the host answers for them; for IPv4 its bridge
 * does so for the whole subnet.
 */
export function joinLines(target: AttachTarget): readonly string[] {
  const { endpoint, network } = target;
  const { interface: bridge, icc } = network;
  return [
    `link set dev ${hostEnd(target)} mtu ${mtuOf(target)} arp off master ${bridge} up`,
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

/** In bytes: what the kernel gives an Ethernet interface for which nobody asks. */
const DEFAULT_MTU = 1500;

export function mtuOf({ network }: AttachTarget): number {
  return network.mtu ?? DEFAULT_MTU;
}

/** Whether the host answers for an address, as the ports of its network do not talk to each other. */
export function isProxied({ network }: AttachTarget, address: IpAddress): boolean {
  return !network.icc && address.includes(':');
}

/**
 * On the host: its end is nobody's interface. A bridge hands frames for 01:80:c2:00:00:00 to 0f to the stack of their
 * port, where the rules drop them; these hold where there are no rules, or the port is out of its bridge.
 */
export function portSysctls(target: AttachTarget): readonly Sysctl[] {
  const name = hostEnd(target);
  return [
    { name: `net/ipv6/conf/${name}/disable_ipv6`, value: '1' },
    { name: `net/ipv6/conf/${name}/accept_ra`, value: '0' },
    { name: `net/ipv4/conf/${name}/forwarding`, value: '0' },
    // No route leads back by the port, so that the host believes no sender.
    { name: `net/ipv4/conf/${name}/rp_filter`, value: '1' },
  ];
}

/**
 * In the sandbox, before its end is up: the host is the only router, and says so itself. Neighbours are told at once who
 * has the address now: they may know somebody who had it before.
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
 * In the sandbox: addresses without waiting for duplicates (core knows that there are none), and the way out. The MAC
 * address of a gateway on the host never changes, so that the container need not ask, and believes nobody else.
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
    // Every endpoint has a default route of its own: when one is disconnected, the next is there already.
    ...nextHops(target).map(
      ({ gateway }) =>
        `route replace default via ${gateway} dev ${device} metric ${rankOf(target.endpoint)}`,
    ),
  ];
}

/**
 * In the sandbox: setting the MAC address, be it the same, makes the kernel tell neighbours who has the addresses now, as
 * they may know somebody who had them before. It also makes it forget its own neighbours, so that these follow.
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
