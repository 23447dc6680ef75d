/** The part of connecting that is only state: an endpoint with its addresses, in one transaction. */
import { contains, generateMac, toNumber } from '../address/index.ts';
import { FAMILIES } from '../address/types.ts';
import type { Family, IpAddress, MacAddress } from '../address/types.ts';
import { allocate, reservations } from '../allocator/index.ts';
import type { EndpointRequest, NetworkDriver } from '../driver.ts';
import { KleenetError } from '../errors.ts';
import type { Container, Endpoint, Network } from '../model.ts';
import { newId } from '../names.ts';
import type { HostAddress } from '../platform.ts';
import type { Snapshot, Transaction } from '../store.ts';

export interface EndpointPlan {
  readonly container: Container;
  readonly network: Network;
  readonly driver: NetworkDriver;
  readonly request: EndpointRequest;
  /** The addresses of the host, which are never leased. */
  readonly hostAddresses: readonly HostAddress[];
  /** The name inside the container where the driver does not have stacks of its own. */
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
  const id = newId();
  const mac = driver.capabilities.mac ? chooseMac(tx, network, id, request.mac) : undefined;
  const draft: Endpoint = {
    id,
    networkId: network.id,
    containerId: container.id,
    driver: driver.name,
    state: plan.state,
    addresses: {},
    ...(mac === undefined ? {} : { mac }),
    interface: interfaceInside(tx, plan),
    gatewayPriority: request.gatewayPriority,
    order: nextOrder(tx, container),
    options: request.options,
    created: plan.created,
  };
  tx.endpoints.insert(draft);
  const endpoint = { ...draft, addresses: leaseAddresses(tx, plan, id) };
  tx.endpoints.update(endpoint);
  return endpoint;
}

function leaseAddresses(tx: Transaction, plan: EndpointPlan, owner: string): Endpoint['addresses'] {
  const addresses: { [F in Family]?: IpAddress } = {};
  for (const family of FAMILIES) {
    const pool = plan.network.pools[family];
    if (pool === undefined) continue;
    const key = { networkId: plan.network.id, family };
    const requested = plan.request.addresses[family];
    const ofHost = plan.hostAddresses
      .map(({ address }) => address)
      .filter(
        (address) =>
          contains(pool.subnet, address) && tx.leases.get(key, toNumber(address)) === undefined,
      );
    addresses[family] = allocate(tx.leases, {
      key,
      networkName: plan.network.name,
      pool,
      reservations: reservations(pool, family, ofHost),
      owner,
      ...(requested === undefined ? {} : { requested }),
      describeOwner: (holder) => describeHolder(tx, holder),
    });
  }
  return addresses;
}

function describeHolder(snapshot: Snapshot, endpointId: string): string {
  const endpoint = snapshot.endpoints.get(endpointId);
  const container =
    endpoint === undefined ? undefined : snapshot.containers.get(endpoint.containerId);
  return container === undefined ? `endpoint ${endpointId}` : `container '${container.name}'`;
}

function requireNotConnected(snapshot: Snapshot, container: Container, network: Network): void {
  const present = snapshot.endpoints.find(network.id, container.id);
  if (present === undefined) return;
  const addresses = FAMILIES.flatMap((family) => present.addresses[family] ?? []).join(' and ');
  throw new KleenetError(
    'ALREADY_CONNECTED',
    `container '${container.name}' is already connected to network '${network.name}' with ${addresses}`,
    {
      hint: `disconnect it first: klee network disconnect ${network.name} ${container.name}`,
      details: { container: container.name, network: network.name, addresses: present.addresses },
    },
  );
}

function chooseMac(
  snapshot: Snapshot,
  network: Network,
  endpointId: string,
  requested: MacAddress | undefined,
): MacAddress {
  const taken = snapshot.endpoints.byNetwork(network.id);
  const holder = (mac: MacAddress): Endpoint | undefined =>
    taken.find((endpoint) => endpoint.mac === mac);
  if (requested !== undefined) {
    const other = holder(requested);
    if (other === undefined) return requested;
    throw new KleenetError(
      'MAC_IN_USE',
      `the MAC address ${requested} is taken in network '${network.name}' by ${describeHolder(snapshot, other.id)}`,
      {
        hint: 'choose another, or leave out --mac',
        details: { mac: requested, network: network.name },
      },
    );
  }
  for (let attempt = 0; ; attempt++) {
    const mac = generateMac(attempt === 0 ? endpointId : `${endpointId}/${attempt}`);
    if (holder(mac) === undefined) return mac;
  }
}

/** A number, not the time: one command makes several endpoints at once, and clocks are set back. */
function nextOrder(snapshot: Snapshot, { id }: Container): number {
  const last = snapshot.endpoints.byContainer(id).at(-1);
  return last === undefined ? 0 : last.order + 1;
}

/** Containers with a stack of their own have `eth0`, `eth1`, …: the first name that is free. */
function interfaceInside(
  snapshot: Snapshot,
  { container, driver, sharedInterface }: EndpointPlan,
): string {
  if (driver.capabilities.stack !== 'own') return sharedInterface;
  const taken = new Set(
    snapshot.endpoints.byContainer(container.id).map((endpoint) => endpoint.interface),
  );
  for (let number = 0; ; number++) {
    if (!taken.has(`eth${number}`)) return `eth${number}`;
  }
}
