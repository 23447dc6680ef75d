/** The addresses of endpoints and networks, as drivers and platforms tell a host of them. Pure. */
import { hostCidr, prefixLength } from '../address/cidr.ts';
import { FAMILIES } from '../address/types.ts';
import type { Cidr, Family, IpAddress, PerFamily } from '../address/types.ts';
import type { Endpoint, Network } from '../model.ts';

/** An endpoint with its network: the one that is worked on, or another of its container. */
export interface Connection {
  readonly network: Network;
  readonly endpoint: Endpoint;
}

/** The values of both families, IPv4 first; those that are there. */
export function inFamilyOrder<T>(values: PerFamily<T>): readonly T[] {
  return FAMILIES.flatMap((family) => values[family] ?? []);
}

/** One address of an endpoint, and what its network says about it. */
export interface HeldAddress {
  readonly family: Family;
  readonly address: IpAddress;
  /** Where it was leased from. */
  readonly subnet: Cidr;
  /** The prefix length of that subnet, in bits. */
  readonly prefix: number;
  /** The address alone, for a route or an alias that says nothing of the rest of its subnet: /32 or /128. */
  readonly single: Cidr;
  /** The prefix length of `single`, in bits: 32 or 128. */
  readonly singlePrefix: number;
  /** The gateway of the subnet; absent for none. On an internal network it is there, and leads nowhere. */
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

/** The gateways that klee puts on the host's interface of a network, IPv4 first; not those that others have. */
export function gatewayAddresses({ pools }: Pick<Network, 'pools'>): readonly GatewayAddress[] {
  return FAMILIES.flatMap((family) => {
    const pool = pools[family];
    return pool?.gateway === undefined || !pool.gatewayOnHost
      ? []
      : { family, address: pool.gateway, prefix: prefixLength(pool.subnet) };
  });
}
