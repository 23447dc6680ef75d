/** What an ipnet endpoint needs on Linux, and how ip(8) is told. Pure. */
import type { AttachTarget, HeldAddress, Resource, SandboxLink } from '@kleenet/core/driver';
import { heldAddresses, rankOf } from '@kleenet/core/driver';
import { NEXT_HOPS, ROUTE_PROTOCOL } from '@kleenet/platform/linux';

/** The link of a restricted sandbox, which the platform makes. */
export function linkOf({ sandbox }: AttachTarget): SandboxLink {
  if (sandbox.link === undefined) throw new TypeError(`sandbox ${sandbox.name} has no routed link`);
  return sandbox.link;
}

/** What exists on the host beside the sandbox, and would outlive it. */
export function resources(target: AttachTarget): readonly Resource[] {
  const { hostInterface } = linkOf(target);
  return heldAddresses(target).flatMap((held) => [
    { kind: 'route', name: held.single, device: hostInterface },
    ...(isShared(target)
      ? [{ kind: 'neighbour', name: held.address, device: target.network.interface }]
      : []),
  ]);
}

/** On the host: a route to each address, and its neighbour. */
export function hostAttachLines(target: AttachTarget): readonly string[] {
  const { hostInterface, mac } = linkOf(target);
  return [
    `link set dev ${hostInterface} up`,
    ...heldAddresses(target).flatMap((held) => [
      `route replace ${held.single} dev ${hostInterface} proto ${ROUTE_PROTOCOL}${mtu(target)}`,
      `neighbour replace ${held.address} lladdr ${mac} dev ${hostInterface} nud permanent`,
    ]),
  ];
}

/** On the host: an answer to those who ask for the addresses on the network. */
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
 * In the sandbox: the addresses, the way to the network, and the way out unless the network is internal. With the last
 * address of a family the kernel forgets the neighbours of that family, so that the next hop belongs to each endpoint.
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

/** Default routes are removed as they are found. Routes first: deleting an address takes the IPv4 routes with it, but leaves those of IPv6. */
export function sandboxDetachLines(target: AttachTarget): readonly string[] {
  const { interface: device } = linkOf(target);
  return heldAddresses(target).flatMap((held) => [
    `route delete ${held.subnet} ${via(held, target)}`,
    `address delete ${held.single} dev ${device}`,
  ]);
}

/**
 * Others on the link may still know who had an address before. The host has no way to speak for somebody else, besides
 * having the address itself for a moment: a question about it then asks from it (RFC 5227, 3), and an IPv6 address that
 * is not checked for duplicates is advertised where the platform has set `ndisc_notify`, which is on bridges only. That
 * must come before the host answers for the address: the kernel counts members of its multicast group wrongly when an
 * address goes before it was advertised.
 */
export function announceLines(target: AttachTarget): readonly string[] {
  const { interface: device, type } = target.network;
  return heldAddresses(target).flatMap(({ family, address, single }) => {
    if (family === 'ipv4') {
      return [
        // An address of smaller scope comes before the host's own, and is what the host then asks from.
        `address add ${single} dev ${device} scope link`,
        `neighbour replace ${address} dev ${device} use`,
        `neighbour delete ${address} dev ${device}`,
        `address delete ${single} dev ${device}`,
      ];
    }
    // It stays until it is advertised; unannounceLines() takes it away.
    return type === 'bridge' ? [`address add ${single} dev ${device}`] : [];
  });
}

/** What shows whether the addresses are advertised yet. */
export function advertisedLookLines(target: AttachTarget): readonly string[] {
  const { interface: device, type } = target.network;
  return heldAddresses(target)
    .filter(({ family }) => family === 'ipv6' && type === 'bridge')
    .map((held) => `address show dev ${device} to ${held.single}`);
}

/** What ends an announcement, also one that was interrupted. */
export function unannounceLines(target: AttachTarget): readonly string[] {
  if (!isShared(target)) return [];
  const { interface: device } = target.network;
  return heldAddresses(target).map((held) => `address delete ${held.single} dev ${device}`);
}

/** The link serves all networks of the container, so that each network's MTU is that of its routes. */
function via({ family, address }: HeldAddress, target: AttachTarget): string {
  const onlink = family === 'ipv4' ? ' onlink' : '';
  return `via ${NEXT_HOPS[family]} dev ${linkOf(target).interface}${onlink} src ${address}${mtu(target)}`;
}

function mtu({ network }: AttachTarget): string {
  return network.mtu === undefined ? '' : ` mtu ${network.mtu}`;
}

/** On a bridge or custom network others share the link, and ask who has an address. */
export function isShared({ network }: AttachTarget): boolean {
  return network.type !== 'loopback';
}
