/** The addresses of endpoints and networks, in the forms that drivers and platforms configure on a host. Pure. */
import { hostCidr, prefixLength } from '../address/cidr.ts';
import { FAMILIES } from '../address/types.ts';
import type { Cidr, Family, IpAddress, PerFamily } from '../address/types.ts';
import type { Endpoint, Network } from '../model.ts';

/** An endpoint with its network: the present one, or another of its container. */
export interface Connection {
  readonly network: Network;
  readonly endpoint: Endpoint;
}

/** The values of both families, IPv4 first; without absent ones. */
export function inFamilyOrder<T>(values: PerFamily<T>): readonly T[] {
  return FAMILIES.flatMap((family) => values[family] ?? []);
}

/** One address of an endpoint, with the related facts of its network. */
export interface HeldAddress {
  readonly family: Family;
  readonly address: IpAddress;
  /** The subnet that it was leased from. */
  readonly subnet: Cidr;
  /** The prefix length of that subnet, in bits. */
  readonly prefix: number;
  /** The host address (/32 or /128), for a route or an alias that does not cover the rest of its subnet. */
  readonly single: Cidr;
  /** The prefix length of `single`, in bits: 32 or 128. */
  readonly singlePrefix: number;
  /** The gateway of the subnet; absent for none. On an internal network it is present, but leads nowhere. */
  readonly gateway?: IpAddress;
}

/** The addresses of an endpoint, IPv4 first. Every address is of a family that the network has. */
export function heldAddresses({ endpoint, network }: Connection): readonly HeldAddress[] {
  return FAMILIES.flatMap((family) => {
    const address = endpoint.addresses[family];
    const pool = network.pools[family];
    if (address === undefined || pool === undefined) return [];
    const { subnet, gateway } = pool;
    const single = hostCidr(address);
    return {
      family,
      address,
      subnet,
      prefix: prefixLength(subnet),
      single,
      singlePrefix: prefixLength(single),
      ...(gateway === undefined ? {} : { gateway }),
    };
  });
}

/** An address that the host itself has on the interface of a network. */
export interface GatewayAddress {
  readonly family: Family;
  readonly address: IpAddress;
  /** The prefix length of its subnet, in bits. */
  readonly prefix: number;
}

/** The gateways that klee adds to the host's interface of a network, IPv4 first; not those of other machines. */
export function gatewayAddresses({ pools }: Pick<Network, 'pools'>): readonly GatewayAddress[] {
  return FAMILIES.flatMap((family) => {
    const pool = pools[family];
    return pool?.gateway === undefined || !pool.gatewayOnHost
      ? []
      : { family, address: pool.gateway, prefix: prefixLength(pool.subnet) };
  });
}
