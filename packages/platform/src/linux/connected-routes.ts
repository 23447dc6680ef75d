/** The route that the kernel makes with an address, and does not make again when it was deleted. Pure. */
import type { IpRoute } from '@kleenet/core/linux';

export interface ConnectedRoute {
  readonly subnet: string;
  readonly device: string;
  /** The address that it came with; absent for a route to a link without one. */
  readonly source: string | undefined;
}

/** The metric that the kernel gives such IPv6 routes (include/uapi/linux/ipv6_route.h, IP6_RT_PRIO_ADDRCONF). */
const IPV6_METRIC = 256;

/**
 * Makes the route as the kernel would. Another link may have a route to the same subnet, whose place `replace` would take:
 * what is left of this one goes first, by {@link staleRouteLine}.
 */
export function connectedRouteLine({ subnet, device, source }: ConnectedRoute): string {
  const rest = subnet.includes(':')
    ? `metric ${IPV6_METRIC}`
    : `scope link${source === undefined ? '' : ` src ${source}`}`;
  return `route append ${subnet} dev ${device} proto kernel ${rest}`;
}

/** Removes a route to the subnet by this link. */
export function staleRouteLine({ subnet, device }: ConnectedRoute): string {
  return `route delete ${subnet} dev ${device}`;
}

/** Whether packets take it as they would that of the kernel: with its source, and without a limit on their size. */
export function isConnectedRoute(
  { dst, dev, table = 'main', prefsrc, metrics = [] }: IpRoute,
  { subnet, device, source }: ConnectedRoute,
): boolean {
  return (
    isRouteTo(dst, subnet) &&
    // ip(8) leaves out the device that it was asked for.
    (dev === undefined || dev === device) &&
    table === 'main' &&
    (subnet.includes(':') || prefsrc === source) &&
    metrics.every(({ mtu }) => mtu === undefined)
  );
}

/** ip(8) omits the prefix of a single address, and calls the whole Internet `default`. */
export function isRouteTo(destination: string, subnet: string): boolean {
  const [address = '', prefix] = subnet.split('/');
  if (prefix === '0') return destination === 'default';
  const single = prefix === (address.includes(':') ? '128' : '32');
  return destination === (single ? address : subnet);
}
