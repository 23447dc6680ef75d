/** The state part of connecting: creates an endpoint with its addresses, in one transaction. */
import { contains, generateMac, toNumber } from '../../address/index.ts';
import { FAMILIES } from '../../address/types.ts';
import type { Family, IpAddress, MacAddress } from '../../address/types.ts';
import { allocate, reservations } from '../../allocator/index.ts';
import type { Reservation } from '../../allocator/index.ts';
import type { EndpointRequest, NetworkDriver } from '../../driver.ts';
import { KleenetError } from '../../errors.ts';
import { inFamilyOrder } from '../../kit/index.ts';
import type { Container, Endpoint, Network, Pool } from '../../model.ts';
import { newId } from '../../names.ts';
import type { HostNetwork, Platform } from '../../platform.ts';
import { makeRoom, nextOrder } from '../records/order.ts';
import type { Snapshot, Transaction } from '../../store.ts';
import { holderName, takenByOthers } from './overlapping.ts';

/**
 * The addresses of the host, the MAC addresses of its interfaces, including those of networks that are down, and the
 * interface names that containers must not use.
 */
export type HostTaken = Pick<HostNetwork, 'addresses' | 'macs' | 'reservedNames'>;

export interface EndpointPlan {
  readonly container: Container;
  readonly network: Network;
  readonly driver: NetworkDriver;
  readonly request: EndpointRequest;
  /** Addresses and MAC addresses of the host are never leased. */
  readonly host: HostTaken;
  /** The interface name inside the container for drivers without their own stack. */
  readonly sharedInterface: string;
  readonly state: Endpoint['state'];
  readonly created: string;
}

/**
 * Creates an endpoint and leases its addresses, one of each family that the network has.
 * @throws KleenetError ALREADY_CONNECTED, MAC_IN_USE, and what the allocator refuses
 */
export function leaseEndpoint(tx: Transaction, plan: EndpointPlan): Endpoint {
  const { container, network, driver, request } = plan;
  requireNotConnected(tx, container, network);
  makeRoom(tx, container);
  const id = newId();
  if (request.mac !== undefined) requireFreeMac(tx, plan, request.mac);
  const draft: Endpoint = {
    id,
    networkId: network.id,
    containerId: container.id,
    driver: driver.name,
    state: plan.state,
    addresses: {},
    interface: interfaceInside(tx, plan),
    gatewayPriority: request.gatewayPriority,
    order: nextOrder(tx, container),
    options: request.options,
    created: plan.created,
  };
  tx.endpoints.insert(draft);
  const addresses = leaseAddresses(tx, plan, id);
  const mac = driver.capabilities.mac
    ? (request.mac ?? macOf(tx, plan, draft.id, addresses))
    : undefined;
  const endpoint = { ...draft, addresses, ...(mac === undefined ? {} : { mac }) };
  tx.endpoints.update(endpoint);
  return endpoint;
}

/** Where core chooses no address, because the driver learns it later, there is none until then. */
function leaseAddresses(tx: Transaction, plan: EndpointPlan, owner: string): Endpoint['addresses'] {
  const { network, host, driver } = plan;
  const addresses: { [F in Family]?: IpAddress } = {};
  for (const family of FAMILIES) {
    const pool = network.pools[family];
    const requested = plan.request.addresses[family];
    if (pool === undefined || (requested === undefined && driver.capabilities.lateBinding))
      continue;
    addresses[family] = leaseAddress(tx, { network, host, owner, family, pool, requested });
  }
  return addresses;
}

export interface AddressPlan extends Pick<EndpointPlan, 'network' | 'host'> {
  /** The id of the endpoint. */
  readonly owner: string;
  readonly family: Family;
  /** That of the family. */
  readonly pool: Pool;
  /** Absent for the next free one. */
  readonly requested: IpAddress | undefined;
}

/** Leases one address that neither the host nor a network that overlaps has. */
export function leaseAddress(tx: Transaction, plan: AddressPlan): IpAddress {
  const { network, family, pool, requested } = plan;
  const key = { networkId: network.id, family };
  const ofOthers = takenByOthers(tx, network, family);
  if (requested !== undefined) requireFree(plan, requested, ofOthers);
  const ofHost = plan.host.addresses
    .map(({ address }) => address)
    .filter(
      (address) =>
        contains(pool.subnet, address) && tx.leases.get(key, toNumber(address)) === undefined,
    );
  return allocate(tx.leases, {
    key,
    networkName: network.name,
    pool,
    reservations: [...reservations(pool, family, ofHost), ...ofOthers],
    owner: plan.owner,
    ...(requested === undefined ? {} : { requested }),
    describeOwner: (holder) => holderName(tx, holder),
  });
}

/** The host has an address only once, whichever of its networks it is in. */
function requireFree(
  { network }: Pick<EndpointPlan, 'network'>,
  requested: IpAddress,
  ofOthers: readonly Reservation[],
): void {
  const number = toNumber(requested);
  const holder = ofOthers.find(({ first }) => first === number);
  if (holder === undefined) return;
  throw new KleenetError('ADDRESS_IN_USE', `${requested} is in use: ${holder.reason}`, {
    hint: 'request another address, or none to get a free one',
    details: { network: network.name, address: requested },
  });
}

function requireNotConnected(snapshot: Snapshot, container: Container, network: Network): void {
  const present = snapshot.endpoints.find(network.id, container.id);
  if (present === undefined) return;
  const addresses = inFamilyOrder(present.addresses).join(' and ');
  const held = addresses === '' ? '' : ` with ${addresses}`;
  throw new KleenetError(
    'ALREADY_CONNECTED',
    `container '${container.name}' is already connected to network '${network.name}'${held}`,
    {
      hint: `disconnect it first: klee network disconnect ${network.name} ${container.name}`,
      details: { container: container.name, network: network.name, addresses: present.addresses },
    },
  );
}

function requireFreeMac(snapshot: Snapshot, plan: EndpointPlan, mac: MacAddress): void {
  const other = macHolder(snapshot, plan, mac);
  if (other === undefined) return;
  throw new KleenetError(
    'MAC_IN_USE',
    `the MAC address ${mac} is taken in network '${plan.network.name}' by ${other}`,
    {
      hint: 'choose another, or leave out --mac',
      details: { mac, network: plan.network.name },
    },
  );
}

/**
 * The default MAC address of an endpoint. It derives from the address, so neighbours that cached an earlier holder
 * reach the next one immediately: not every system announces the change, or in time. Without an address it is the endpoint's own.
 */
function macOf(
  snapshot: Snapshot,
  plan: EndpointPlan,
  id: string,
  { ipv4, ipv6 = ipv4 }: Endpoint['addresses'],
): MacAddress {
  for (let attempt = 0; ; attempt++) {
    const mac = generateMac(
      [plan.network.id, ipv6 ?? id, ...(attempt === 0 ? [] : [attempt])].join(' '),
    );
    if (macHolder(snapshot, plan, mac) === undefined) return mac;
  }
}

function macHolder(
  snapshot: Snapshot,
  { network, host }: EndpointPlan,
  mac: MacAddress,
): string | undefined {
  const other = snapshot.endpoints.byNetwork(network.id).find((endpoint) => endpoint.mac === mac);
  if (other !== undefined) return holderName(snapshot, other.id);
  const ofHost = host.macs.find((one) => one.mac === mac);
  return ofHost === undefined ? undefined : `the host's interface ${ofHost.interface}`;
}

/**
 * The host's MAC addresses, including those of these networks when they are down: their interface is missing then, and
 * returns with the same address where the platform fixes it.
 */
export function takenOnHost(
  { networks }: Pick<Platform, 'networks'>,
  host: HostTaken,
  ours: readonly Network[],
): HostTaken {
  const coming = ours.flatMap((network) => {
    const mac = networks.mac?.(network);
    return mac === undefined ? [] : [{ interface: network.interface, mac }];
  });
  return { ...host, macs: [...host.macs, ...coming] };
}

/** Containers with their own stack have `eth0`, `eth1`, …: the first name that is free and permitted. */
function interfaceInside(
  snapshot: Snapshot,
  { container, driver, sharedInterface, host }: EndpointPlan,
): string {
  if (driver.capabilities.stack !== 'own') return sharedInterface;
  const taken = new Set([
    ...snapshot.endpoints.byContainer(container.id).map((endpoint) => endpoint.interface),
    ...(host.reservedNames ?? []),
  ]);
  for (let number = 0; ; number++) {
    if (!taken.has(`eth${number}`)) return `eth${number}`;
  }
}
