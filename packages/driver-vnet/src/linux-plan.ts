/** What a vnet endpoint needs on Linux, and how ip(8) is told. Pure. */
import type { AttachTarget, Cidr, IpAddress, Resource } from '@kleenet/core/driver';
import { LINK_GROUP, endpointInterface, linkAlias } from '@kleenet/platform/linux';

/** The host's end of an endpoint. */
export function hostEnd({ endpoint }: AttachTarget): string {
  return endpointInterface(endpoint.id);
}

/** The other end goes with it, and both with the sandbox; the host's end is what can be left over. */
export function resources(target: AttachTarget): readonly Resource[] {
  return [{ kind: 'interface', name: hostEnd(target) }];
}

/** On the host: the pair, made with its other end in the sandbox already, so that no name on the host is in the way. */
export function createLines(target: AttachTarget): readonly string[] {
  const { endpoint, network, sandbox } = target;
  const mtu = network.mtu === undefined ? '' : ` mtu ${network.mtu}`;
  const mac = endpoint.mac === undefined ? '' : ` address ${endpoint.mac}`;
  return [
    `link add name ${hostEnd(target)}${mtu} group ${LINK_GROUP} type veth peer name ${endpoint.interface}${mac}${mtu} netns ${sandbox.name}`,
    `link set dev ${hostEnd(target)} alias ${linkAlias('endpoint', endpoint.id)} addrgenmode none`,
  ];
}

/** On the host, and harmless to repeat: into the bridge, where without icc ports do not talk to each other. */
export function joinLines(target: AttachTarget): readonly string[] {
  const { network } = target;
  return [
    `link set dev ${hostEnd(target)} master ${network.interface} up`,
    `link set dev ${hostEnd(target)} type bridge_slave isolated ${network.icc ? 'off' : 'on'}`,
  ];
}

/** In the sandbox: addresses without waiting for duplicates (core knows that there are none), and the way out. */
export function sandboxLines(target: AttachTarget): readonly string[] {
  const { interface: device } = target.endpoint;
  return [
    `link set dev ${device} addrgenmode none up`,
    ...heldBy(target).map(
      ({ address, prefix }) => `address replace ${address}/${prefix} dev ${device}${address.includes(':') ? ' nodad' : ''}`,
    ),
    ...gateways(target).map((gateway) => `route replace default via ${gateway} dev ${device} metric ${metric(target)}`),
  ];
}

export function removeLines(target: AttachTarget): readonly string[] {
  return [`link delete dev ${hostEnd(target)}`];
}

/** One address of an endpoint with the length of its subnet's prefix. */
interface Held {
  readonly address: IpAddress;
  readonly prefix: string;
}

export function heldBy({ endpoint, network }: Pick<AttachTarget, 'endpoint' | 'network'>): readonly Held[] {
  return (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const address = endpoint.addresses[family];
    const pool = network.pools[family];
    return address === undefined || pool === undefined ? [] : [{ address, prefix: prefixOf(pool.subnet) }];
  });
}

function prefixOf(subnet: Cidr): string {
  return subnet.slice(subnet.indexOf('/') + 1);
}

/** An internal network leads nowhere. */
function gateways({ network }: AttachTarget): readonly IpAddress[] {
  if (network.internal) return [];
  return [network.pools.ipv4?.gateway, network.pools.ipv6?.gateway].filter((gateway) => gateway !== undefined);
}

/** Priorities beyond this count as this. */
const PRIORITY_LIMIT = 1_000_000;
const INTERFACES = 1024;

/**
 * Every endpoint has a default route of its own, and the lowest metric wins: the highest priority, then the interface
 * that was connected first. When it is disconnected, its route goes with it and the next one is there already.
 */
function metric({ endpoint }: AttachTarget): number {
  const priority = Math.max(-PRIORITY_LIMIT, Math.min(PRIORITY_LIMIT, endpoint.gatewayPriority));
  const number = Number(/\d+$/.exec(endpoint.interface)?.[0] ?? 0);
  return (PRIORITY_LIMIT - priority) * INTERFACES + Math.min(number, INTERFACES - 2) + 1;
}
