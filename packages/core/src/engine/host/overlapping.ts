/**
 * Networks with overlapping subnets, which `--allow-overlap` permits. Their containers share one host, where an address
 * has one destination, so an address that one network has leased is not leased by another.
 */
import { contains, fromNumber, overlaps, toNumber } from '../../address/index.ts';
import { FAMILIES } from '../../address/types.ts';
import type { Family, IpAddress } from '../../address/types.ts';
import type { Reservation } from '../../allocator/index.ts';
import { KleenetError } from '../../errors.ts';
import type { Container, Endpoint, HostIdentity, Network, Pool } from '../../model.ts';
import type { Snapshot } from '../../store.ts';
import { currentRun } from '../records/resolve.ts';

/** The addresses of a pool that overlapping networks have leased, or that are their gateways: of the host, or beyond it. */
export function takenByOthers(
  snapshot: Snapshot,
  network: Network,
  family: Family,
): readonly Reservation[] {
  const own = network.pools[family];
  if (own === undefined) return [];
  return overlapping(snapshot, network, family).flatMap(({ other, pool }) => {
    const gateway = pool.gateway === undefined ? [] : [pool.gateway];
    return [
      ...gateway.map((address) => taken(address, `it is the gateway of network '${other.name}'`)),
      ...snapshot.leases
        .list({ networkId: other.id, family })
        .map(({ address, owner }) =>
          taken(address, `${holderName(snapshot, owner)} has it in network '${other.name}'`),
        ),
    ].filter(({ first }) => contains(own.subnet, fromNumber(family, first)));
  });
}

function taken(address: IpAddress, what: string): Reservation {
  const number = toNumber(address);
  return { first: number, last: number, reason: `${what}, whose subnet overlaps` };
}

/** @throws KleenetError ADDRESS_IN_USE when an overlapping network has leased the intended gateway */
export function requireFreeGateways(snapshot: Snapshot, network: Network): void {
  for (const family of FAMILIES) {
    const pool = network.pools[family];
    if (pool?.gateway === undefined) continue;
    for (const { other } of overlapping(snapshot, network, family)) {
      const lease = leaseIn(snapshot, other, pool.gateway);
      if (lease === undefined) continue;
      throw new KleenetError(
        'ADDRESS_IN_USE',
        `the gateway ${pool.gateway} is in use: ${holderName(snapshot, lease.owner)} has it in network '${other.name}', whose subnet overlaps`,
        {
          hint: `give another gateway with --${family === 'ipv4' ? 'gw' : 'gw6'}, or another subnet`,
          details: { network: other.name, address: pool.gateway, owner: lease.owner },
        },
      );
    }
  }
}

/**
 * Refuses to start a container while another one runs with one of its addresses. Only state of earlier versions
 * contains duplicates.
 * @throws KleenetError ADDRESS_IN_USE
 */
export function requireOwnAddresses(
  snapshot: Snapshot,
  container: Container,
  { bootId }: HostIdentity,
): void {
  for (const { network, address, family } of held(snapshot, container)) {
    for (const { other } of overlapping(snapshot, network, family)) {
      const lease = leaseIn(snapshot, other, address);
      const holder = lease === undefined ? undefined : containerOf(snapshot, lease.owner);
      if (holder === undefined || currentRun(snapshot, holder.id)?.bootId !== bootId) continue;
      throw new KleenetError(
        'ADDRESS_IN_USE',
        `container '${container.name}' cannot start: its address ${address} in network '${network.name}' is that of container '${holder.name}' in network '${other.name}', which runs`,
        {
          hint: `disconnect it and connect it again, which gives it another address: klee network disconnect ${network.name} ${container.name}`,
          details: { network: network.name, address, container: holder.name },
        },
      );
    }
  }
}

interface HeldAddress {
  readonly network: Network;
  readonly family: Family;
  readonly address: IpAddress;
}

function held(snapshot: Snapshot, container: Container): readonly HeldAddress[] {
  return snapshot.endpoints.byContainer(container.id).flatMap((endpoint) => {
    const network = snapshot.networks.get(endpoint.networkId);
    if (network === undefined) return [];
    return FAMILIES.flatMap((family) => {
      const address = endpoint.addresses[family];
      return address === undefined ? [] : [{ network, family, address }];
    });
  });
}

function overlapping(
  snapshot: Snapshot,
  network: Network,
  family: Family,
): readonly { readonly other: Network; readonly pool: Pool }[] {
  const own = network.pools[family];
  if (own === undefined) return [];
  return snapshot.networks.list().flatMap((other) => {
    const pool = other.pools[family];
    if (other.id === network.id || pool === undefined) return [];
    return overlaps(own.subnet, pool.subnet) ? [{ other, pool }] : [];
  });
}

function leaseIn(
  snapshot: Snapshot,
  { id }: Network,
  address: IpAddress,
): { readonly owner: string } | undefined {
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  return snapshot.leases.get({ networkId: id, family }, toNumber(address));
}

function containerOf(snapshot: Snapshot, endpointId: Endpoint['id']): Container | undefined {
  const endpoint = snapshot.endpoints.get(endpointId);
  return endpoint === undefined ? undefined : snapshot.containers.get(endpoint.containerId);
}

/** Names the holder of an address in a message. */
export function holderName(snapshot: Snapshot, endpointId: string): string {
  const container = containerOf(snapshot, endpointId);
  return container === undefined ? `endpoint ${endpointId}` : `container '${container.name}'`;
}
