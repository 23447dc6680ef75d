/** The addresses of an endpoint, in the notations that interfaces take. Pure. IPv4 comes first. */
import { hostCidr, prefixLength } from '../address/index.ts';
import { FAMILIES } from '../address/types.ts';
import type { IpAddress } from '../address/types.ts';
import type { Endpoint, Network } from '../model.ts';

interface Connection {
  readonly endpoint: Endpoint;
  readonly network: Network;
}

export function plainAddresses({ endpoint }: Pick<Connection, 'endpoint'>): readonly IpAddress[] {
  return FAMILIES.flatMap((family) => endpoint.addresses[family] ?? []);
}

/** As an address that brings no route to its subnet: /32 or /128. */
export function singleAddresses(connection: Pick<Connection, 'endpoint'>): readonly string[] {
  return plainAddresses(connection).map(hostCidr);
}

/** With the prefix length of its subnet. */
export function subnetAddresses({ endpoint, network }: Connection): readonly string[] {
  return FAMILIES.flatMap((family) => {
    const address = endpoint.addresses[family];
    const pool = network.pools[family];
    return address === undefined || pool === undefined
      ? []
      : [`${address}/${prefixLength(pool.subnet)}`];
  });
}
