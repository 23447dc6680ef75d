/** The resources of an ipnet endpoint on Linux, as commands of ip(8). Pure. */
import type {
  AttachTarget,
  HeldAddress,
  IpAddress,
  KnownResource,
  SandboxLink,
} from '@kleenet/core/driver';
import { familyOf, heldAddresses, rankOf } from '@kleenet/core/driver';
import { ROUTE_PROTOCOL, links } from '@kleenet/core/linux';
import type { IpObject } from '@kleenet/core/linux';
import { NEXT_HOPS } from '@kleenet/platform/linux';

/** The link of a restricted sandbox, which the platform makes. */
export function linkOf({ sandbox }: AttachTarget): SandboxLink {
  if (sandbox.link === undefined) throw new TypeError(`sandbox ${sandbox.name} has no routed link`);
  return sandbox.link;
}

/** The resources on the host beside the sandbox, which would outlive it. */
export function resources(target: AttachTarget): readonly KnownResource[] {
  const { hostInterface } = linkOf(target);
  return heldAddresses(target).flatMap((held) => [
    { kind: 'route' as const, name: held.single, interface: hostInterface },
    ...(isShared(target)
      ? [{ kind: 'neighbour' as const, name: held.address, interface: target.network.interface }]
      : []),
  ]);
}

/** On the host: a route to each address, and its neighbour entry. */
export function hostAttachLines(target: AttachTarget): readonly string[] {
  const { hostInterface, mac } = linkOf(target);
  return [
    `link set dev ${hostInterface} up`,
    ...heldAddresses(target).flatMap((held) => [
      `route replace ${held.single} dev ${hostInterface} proto ${ROUTE_PROTOCOL}${source(held, target)}${mtu(target)}`,
      `neighbour replace ${held.address} lladdr ${mac} dev ${hostInterface} nud permanent`,
    ]),
  ];
}

/**
 * What the host itself sends comes from its address in the network: a container of an internal one has no route to others.
 * IPv6 chooses that address by itself.
 */
export function sourceOf(
  { family }: HeldAddress,
  { network }: AttachTarget,
): IpAddress | undefined {
  const pool = network.pools[family];
  const isOnHost = network.type === 'bridge' && pool?.gatewayOnHost === true;
  return family === 'ipv4' && isOnHost ? pool.gateway : undefined;
}

function source(held: HeldAddress, target: AttachTarget): string {
  const address = sourceOf(held, target);
  return address === undefined ? '' : ` src ${address}`;
}

/** On the host: proxy entries for the addresses on the network. */
export function proxyLines(target: AttachTarget): readonly string[] {
  if (!isShared(target)) return [];
  return heldAddresses(target).map(
    ({ address }) => `neighbour replace proxy ${address} dev ${target.network.interface}`,
  );
}

export function hostDetachLines(target: AttachTarget): readonly string[] {
  const { hostInterface } = linkOf(target);
  return [
    ...heldAddresses(target).flatMap((held) => [
      ...(isShared(target)
        ? [`neighbour delete proxy ${held.address} dev ${target.network.interface}`]
        : []),
      `route delete ${held.single} dev ${hostInterface} proto ${ROUTE_PROTOCOL}`,
      `neighbour delete ${held.address} dev ${hostInterface}`,
    ]),
    ...unannounceLines(target),
  ];
}

/**
 * In the sandbox: the addresses, the route to the network, and the default route unless the network is internal. With
 * the last address of a family the kernel drops the neighbour entries of that family, so each endpoint sets the next
 * hop.
 */
export function sandboxAttachLines(target: AttachTarget): readonly string[] {
  const { interface: device, hostMac } = linkOf(target);
  return [
    `link set dev ${device} up`,
    ...heldAddresses(target).flatMap((held) => [
      `address replace ${held.single} dev ${device}${held.family === 'ipv6' ? ' nodad' : ''}`,
      `neighbour replace ${NEXT_HOPS[held.family]} lladdr ${hostMac} dev ${device} nud permanent`,
      `route replace ${held.subnet} ${via(held, target)}`,
      ...(target.network.internal
        ? []
        : [`route replace default ${via(held, target)} metric ${rankOf(target.endpoint)}`]),
    ]),
  ];
}

/**
 * Default routes are removed as found. Routes first: deleting an address deletes its IPv4 routes, but not the IPv6
 * ones.
 */
export function sandboxDetachLines(target: AttachTarget): readonly string[] {
  const { interface: device } = linkOf(target);
  return [
    ...heldAddresses(target).flatMap((held) => [
      `route delete ${held.subnet} ${via(held, target)}`,
      `address delete ${held.single} dev ${device}`,
    ]),
    ...unusedHopLines(target),
  ];
}

/** The next hop of a family that is left without addresses: the kernel drops that of IPv4 itself, and not that of IPv6. */
function unusedHopLines(target: AttachTarget): readonly string[] {
  const others = target.siblings.filter(({ attached }) => attached).flatMap(heldAddresses);
  return heldAddresses(target)
    .filter(({ family }) => family === 'ipv6' && !others.some((one) => one.family === family))
    .map(({ family }) => `neighbour delete ${NEXT_HOPS[family]} dev ${linkOf(target).interface}`);
}

/**
 * Where an address is for a moment if it would be the only one of the link: with none there, an ARP probe comes from the
 * first address of the loopback interface that is valid beyond it. The label tells our address from a user's.
 */
const ON_LOOPBACK = 'dev lo label lo:klee';

/**
 * Other machines on the link may have stale cache entries for an address. The host can only announce an address that it
 * has itself for a moment: an ARP probe then comes from it (RFC 5227, 3), and an IPv6 address without duplicate address
 * detection is advertised if the platform has set `ndisc_notify`, which is on bridges only. That must precede the proxy
 * entry: the kernel miscounts the members of its multicast group when an address is removed before it was advertised.
 */
export function announceLines(target: AttachTarget, shown: readonly IpObject[]): readonly string[] {
  // A loopback network has no neighbours: nothing would end what a klee that dies leaves there.
  if (!isShared(target)) return [];
  const { interface: device, type } = target.network;
  return heldAddresses(target).flatMap(({ family, address, single }) => {
    if (family === 'ipv4') {
      const held = hasAnotherAddress(target, address, shown)
        ? // An address of smaller scope precedes the host's own, so the host probes from it.
          [`${single} dev ${device}`, 'scope link']
        : [`${single} ${ON_LOOPBACK}`, 'scope site'];
      return [
        `address add ${held.join(' ')}`,
        `neighbour replace ${address} dev ${device} use`,
        `neighbour delete ${address} dev ${device}`,
        `address delete ${held[0]}`,
      ];
    }
    // It stays until it is advertised; unannounceLines() removes it.
    return type === 'bridge' ? [`address add ${single} dev ${device}`] : [];
  });
}

/**
 * With the last IPv4 address of an interface the kernel deletes everything on it: routes, neighbours and proxy entries. So
 * an interface without an IPv4 address does not get one for a moment.
 */
function hasAnotherAddress(
  { network }: AttachTarget,
  address: IpAddress,
  shown: readonly IpObject[],
): boolean {
  return links(shown)
    .filter(({ ifname }) => ifname === network.interface)
    .flatMap(({ addr_info: found = [] }) => found)
    .some(({ local = '' }) => local !== '' && local !== address && familyOf(local) === 'ipv4');
}

/** Shows whether the addresses are advertised yet. */
export function advertisedLookLines(target: AttachTarget): readonly string[] {
  const { interface: device, type } = target.network;
  return heldAddresses(target)
    .filter(({ family }) => family === 'ipv6' && type === 'bridge')
    .map((held) => `address show dev ${device} to ${held.single}`);
}

/** Ends an announcement, even an interrupted one. */
export function unannounceLines(target: AttachTarget): readonly string[] {
  if (!isShared(target)) return [];
  const { interface: device } = target.network;
  return heldAddresses(target).flatMap(({ family, single }) => [
    `address delete ${single} dev ${device}`,
    ...(family === 'ipv4' ? [`address delete ${single} ${ON_LOOPBACK}`] : []),
  ]);
}

/** The link serves all networks of the container, so each network's MTU is set on its routes. */
function via({ family, address }: HeldAddress, target: AttachTarget): string {
  const onlink = family === 'ipv4' ? ' onlink' : '';
  return `via ${NEXT_HOPS[family]} dev ${linkOf(target).interface}${onlink} src ${address}${mtu(target)}`;
}

function mtu({ network }: AttachTarget): string {
  return network.mtu === undefined ? '' : ` mtu ${network.mtu}`;
}

/** A bridge or custom network is a shared link, whose members resolve addresses. */
export function isShared({ network }: AttachTarget): boolean {
  return network.type !== 'loopback';
}
