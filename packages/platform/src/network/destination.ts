import { hostCidr } from '@kleenet/core';
import type { Cidr, IpAddress } from '@kleenet/core';

/** Where a route leads. Ip(8) and netstat(1) leave out the prefix length of a route to one address. */
export function asCidr(destination: string): Cidr {
  return destination.includes('/') ? (destination as Cidr) : hostCidr(destination as IpAddress);
}
