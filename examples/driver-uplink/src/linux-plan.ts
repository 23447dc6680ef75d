/** What an endpoint needs on Linux, as lines of `ip -batch`. Pure. */
import { heldAddresses, nextHops, rankOf } from '@kleenet/core/driver';
import type { AttachTarget, IpAddress, KnownResource } from '@kleenet/core/driver';
import { LINK_GROUP, hostInterface, linkAlias } from '@kleenet/core/linux';

/** In bytes: what the kernel gives an Ethernet interface. */
export const DEFAULT_MTU = 1500;

export function mtuOf({ network }: AttachTarget): number {
  return network.mtu ?? DEFAULT_MTU;
}

/** The host's end of the pair: a port of the network's bridge, and known as one to klee's firewall by its name. */
export function portOf({ endpoint }: AttachTarget): string {
  return hostInterface('port', endpoint.id);
}

/** The other end goes with the port. */
export function resources(target: AttachTarget): readonly KnownResource[] {
  return [
    { kind: 'interface', name: portOf(target) },
    ...heldAddresses(target).map(({ address }) => ({
      kind: 'neighbour' as const,
      name: address,
      interface: target.network.interface,
    })),
  ];
}

/** The pair, with its other end already in the sandbox: so the host needs no second name. */
export function createLines(target: AttachTarget): readonly string[] {
  const { endpoint, sandbox } = target;
  const mac = endpoint.mac === undefined ? '' : ` address ${endpoint.mac}`;
  const mtu = ` mtu ${mtuOf(target)}`;
  return [
    `link add name ${portOf(target)}${mtu} group ${LINK_GROUP} type veth peer name ${endpoint.interface}${mac}${mtu} netns ${sandbox.name}`,
  ];
}

/**
 * The port joins its bridge, and the host learns who has the addresses. It cannot always ask: for a packet that it forwards it
 * would do so from the bridge's link-local IPv6 address, which klee's bridges do not have. All harmless to repeat.
 */
export function joinLines(target: AttachTarget): readonly string[] {
  const { endpoint, network } = target;
  const port = portOf(target);
  const alias = linkAlias('endpoint', endpoint.id);
  return [
    `link set dev ${port} alias ${alias} addrgenmode none arp off`,
    `link set dev ${port} mtu ${mtuOf(target)} group ${LINK_GROUP} master ${network.interface} up`,
    `link set dev ${port} type bridge_slave isolated ${network.icc ? 'off' : 'on'}`,
    ...heldAddresses(target).flatMap(({ address }) => [
      ...(endpoint.mac === undefined
        ? []
        : [
            `neighbour replace ${address} lladdr ${endpoint.mac} dev ${network.interface} nud permanent`,
          ]),
      ...(isProxied(target, address)
        ? [`neighbour replace proxy ${address} dev ${network.interface}`]
        : []),
    ]),
  ];
}

/** Commands of ip(8) that take away what does not go with the port. */
export function leaveLines(target: AttachTarget): readonly string[] {
  const bridge = target.network.interface;
  return heldAddresses(target).flatMap(({ address }) => [
    `neighbour delete ${address} dev ${bridge}`,
    ...(isProxied(target, address) ? [`neighbour delete proxy ${address} dev ${bridge}`] : []),
  ]);
}

/**
 * Isolated ports do not hear each other, not even to ask for the address of a published port: the host answers. For IPv4
 * klee's bridge does so for its whole subnet.
 */
export function isProxied({ network }: AttachTarget, address: IpAddress): boolean {
  return !network.icc && address.includes(':');
}

/** In the sandbox, and harmless to repeat. Core knows that nothing else of klee's has the addresses: hence `nodad`. */
export function insideLines(target: AttachTarget): readonly string[] {
  const { interface: device } = target.endpoint;
  return [
    `link set dev ${device} mtu ${mtuOf(target)} addrgenmode none up`,
    ...heldAddresses(target).map(
      ({ address, prefix, family }) =>
        `address replace ${address}/${prefix} dev ${device}${family === 'ipv6' ? ' nodad' : ''}`,
    ),
    ...announceLines(target),
    // Every endpoint has a default route of its own: when one goes, the next is there already.
    ...nextHops(target).map(
      ({ gateway }) =>
        `route replace default via ${gateway} dev ${device} metric ${rankOf(target.endpoint)}`,
    ),
  ];
}

/** Setting a MAC address, even to what it is, makes the kernel tell the neighbours who has the addresses now. */
export function announceLines({ endpoint }: AttachTarget): readonly string[] {
  return endpoint.mac === undefined
    ? []
    : [`link set dev ${endpoint.interface} address ${endpoint.mac}`];
}

/** Of the port, which is not an interface of the host: only what it forwards concerns it. */
export function portSettings(target: AttachTarget): readonly string[] {
  const port = portOf(target);
  return [`net.ipv6.conf.${port}.disable_ipv6=1`, `net.ipv6.conf.${port}.accept_ra=0`];
}

/**
 * In the sandbox, before its end is up: the container has the addresses that it leased, none that a neighbour advertises, and
 * announces them (Linux, ip-sysctl.rst).
 */
export function insideSettings({ endpoint }: AttachTarget): readonly string[] {
  const { interface: device } = endpoint;
  return [
    `net.ipv6.conf.${device}.accept_ra=0`,
    `net.ipv6.conf.${device}.accept_redirects=0`,
    `net.ipv6.conf.${device}.ndisc_notify=1`,
    `net.ipv4.conf.${device}.arp_notify=1`,
  ];
}
