/** What an ipnet endpoint needs on Linux, and how ip(8) is told. Pure. */
import type {
  AttachTarget,
  Cidr,
  Family,
  IpAddress,
  Resource,
  SandboxLink,
} from '@kleenet/core/driver';
import { ROUTE_PROTOCOL } from '@kleenet/platform/linux';

/** The next hop of a routed link, of each family; the sandbox has permanent neighbours of these names. */
const NEXT_HOP: Readonly<Record<Family, string>> = { ipv4: '169.254.1.1', ipv6: 'fe80::1' };

/** One address of an endpoint, with the subnet that it comes from. */
export interface Held {
  readonly family: Family;
  readonly address: IpAddress;
  readonly subnet: Cidr;
}

/** The addresses of an endpoint, IPv4 first. */
export function heldBy({
  endpoint,
  network,
}: Pick<AttachTarget, 'endpoint' | 'network'>): readonly Held[] {
  return (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const address = endpoint.addresses[family];
    const pool = network.pools[family];
    return address === undefined || pool === undefined
      ? []
      : [{ family, address, subnet: pool.subnet }];
  });
}

/** The link of a restricted sandbox, which the platform makes. */
export function linkOf({ sandbox }: AttachTarget): SandboxLink {
  if (sandbox.link === undefined) throw new TypeError(`sandbox ${sandbox.name} has no routed link`);
  return sandbox.link;
}

/** What exists on the host beside the sandbox, and would outlive it. */
export function resources(target: AttachTarget): readonly Resource[] {
  const { hostInterface } = linkOf(target);
  return heldBy(target).flatMap((held) => [
    { kind: 'route', name: single(held), device: hostInterface },
    ...(isShared(target)
      ? [{ kind: 'neighbour', name: held.address, device: target.network.interface }]
      : []),
  ]);
}

/** On the host: a route to each address, its neighbour, and an answer to those who ask for it on the network. */
export function hostAttachLines(target: AttachTarget): readonly string[] {
  const { hostInterface, mac } = linkOf(target);
  return heldBy(target).flatMap((held) => [
    `route replace ${single(held)} dev ${hostInterface} proto ${ROUTE_PROTOCOL}${mtu(target)}`,
    `neighbour replace ${held.address} lladdr ${mac} dev ${hostInterface} nud permanent`,
    ...(isShared(target)
      ? [`neighbour replace proxy ${held.address} dev ${target.network.interface}`]
      : []),
  ]);
}

export function hostDetachLines(target: AttachTarget): readonly string[] {
  const { hostInterface } = linkOf(target);
  return heldBy(target).flatMap((held) => [
    ...(isShared(target)
      ? [`neighbour delete proxy ${held.address} dev ${target.network.interface}`]
      : []),
    `route delete ${single(held)} dev ${hostInterface} proto ${ROUTE_PROTOCOL}`,
    `neighbour delete ${held.address} dev ${hostInterface}`,
  ]);
}

/** In the sandbox: the addresses, the way to the network, and the way out unless the network is internal. */
export function sandboxAttachLines(target: AttachTarget): readonly string[] {
  const { interface: device } = linkOf(target);
  return heldBy(target).flatMap((held) => [
    `address replace ${single(held)} dev ${device}${held.family === 'ipv6' ? ' nodad' : ''}`,
    `route replace ${held.subnet} ${via(held, target)}`,
    ...(target.network.internal
      ? []
      : [`route replace default ${via(held, target)} metric ${metric(target)}`]),
  ]);
}

/** Routes first: deleting an address takes the IPv4 routes with it, but leaves those of IPv6. */
export function sandboxDetachLines(target: AttachTarget): readonly string[] {
  const { interface: device } = linkOf(target);
  return heldBy(target).flatMap((held) => [
    ...(target.network.internal
      ? []
      : [`route delete default ${via(held, target)} metric ${metric(target)}`]),
    `route delete ${held.subnet} ${via(held, target)}`,
    `address delete ${single(held)} dev ${device}`,
  ]);
}

/** The link serves all networks of the container, so that each network's MTU is that of its routes. */
function via({ family, address }: Held, target: AttachTarget): string {
  const onlink = family === 'ipv4' ? ' onlink' : '';
  return `via ${NEXT_HOP[family]} dev ${linkOf(target).interface}${onlink} src ${address}${mtu(target)}`;
}

function mtu({ network }: AttachTarget): string {
  return network.mtu === undefined ? '' : ` mtu ${network.mtu}`;
}

/** The address as a route or address of its own. */
export function single({ family, address }: Held): string {
  return `${address}/${family === 'ipv4' ? 32 : 128}`;
}

/** On a bridge or custom network others share the link, and ask who has an address. */
function isShared({ network }: AttachTarget): boolean {
  return network.type !== 'loopback';
}

/** Priorities beyond this count as this. */
const PRIORITY_LIMIT = 1_000_000;
const SLOTS = 1024;

/**
 * The metric of an endpoint's default route: lower wins, so a higher priority gives a lower one. The kernel refuses
 * two default routes of one metric, hence the low bits come from the endpoint's id: they depend on nothing that
 * changes while the endpoint lives.
 */
function metric({ endpoint }: AttachTarget): number {
  const rank = PRIORITY_LIMIT - clamp(endpoint.gatewayPriority);
  return rank * SLOTS + slot(endpoint.id) + 1;
}

function slot(endpointId: string): number {
  return Number.parseInt(endpointId.slice(0, 3), 16) % SLOTS;
}

function clamp(priority: number): number {
  return Math.max(-PRIORITY_LIMIT, Math.min(PRIORITY_LIMIT, priority));
}
