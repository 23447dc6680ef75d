import { FAMILIES } from '../address/types.ts';
import { KleenetError } from '../errors.ts';
import type { Container, Endpoint, Image, Lease, Network, Owner } from '../model.ts';
import type { MemberReads, PoolKey, Snapshot, Transaction } from '../store.ts';
import { Journal } from './journal.ts';
import { LeaseTable } from './leases.ts';
import { ClaimTable, RunTable } from './records.ts';
import type { Rules } from './tables.ts';
import { EndpointTable, NamedTable, pair, violated } from './tables.ts';

/** All stored objects, with the rules between tables. */
export class State implements Transaction {
  readonly journal: Journal = new Journal();
  readonly networks: NamedTable<Network>;
  readonly containers: NamedTable<Container>;
  readonly images: NamedTable<Image>;
  readonly endpoints: EndpointTable;
  readonly members: MemberReads;
  readonly runs: RunTable;
  readonly claims: ClaimTable;
  readonly leases: LeaseTable;

  /** @param source - what to copy */
  constructor(source?: State) {
    const { journal } = this;
    this.networks = new NamedTable(
      journal,
      { ...namedRules('network'), removing: (network) => this.#removingNetwork(network) },
      source?.networks,
    );
    this.containers = new NamedTable(
      journal,
      {
        ...namedRules('container'),
        check: checkContainer,
        removing: (container) => this.#removingContainer(container),
      },
      source?.containers,
    );
    this.images = new NamedTable(journal, namedRules('image'), source?.images);
    this.endpoints = new EndpointTable(
      journal,
      {
        keyOf: ({ networkId, containerId }) => pair(networkId, containerId),
        taken: ({ networkId, containerId }) =>
          violated(`container ${containerId} is in network ${networkId} already`),
        check: (endpoint) => this.#checkEndpoint(endpoint),
        removing: (endpoint) => this.#removingEndpoint(endpoint),
      },
      source?.endpoints,
    );
    this.runs = new RunTable(journal, this.containers, source?.runs);
    this.members = {
      containers: (id) => this.containers.list().filter(this.#isOn(id, (one) => one.id)),
      runs: (id) => this.runs.list().filter(this.#isOn(id, (one) => one.containerId)),
      endpoints: (id) => this.endpoints.list().filter(this.#isOn(id, (one) => one.containerId)),
    };
    this.claims = new ClaimTable(journal, source?.claims);
    this.leases = new LeaseTable(
      journal,
      (pool, lease) => this.#checkLease(pool, lease),
      source?.leases,
    );
  }

  #isOn<T>(networkId: string, containerOf: (value: T) => string): (value: T) => boolean {
    const on = new Set(this.endpoints.byNetwork(networkId).map((one) => one.containerId));
    return (value) => on.has(containerOf(value));
  }

  unsettled(): readonly Owner[] {
    return unsettledOf(this);
  }

  #removingNetwork({ id }: Network): void {
    if (this.endpoints.byNetwork(id).length > 0) throw violated(`network ${id} has endpoints`);
    for (const family of FAMILIES) this.leases.dropPool({ networkId: id, family });
  }

  #removingContainer({ id }: Container): void {
    if (this.endpoints.byContainer(id).length > 0) throw violated(`container ${id} has endpoints`);
    this.runs.drop(id);
  }

  #checkEndpoint({ id, networkId, containerId, driver, order }: Endpoint): void {
    if (this.endpoints.byContainer(containerId).some((one) => one.id !== id && one.order === order))
      throw violated(`container ${containerId} has another endpoint of order ${order}`);
    if (this.networks.get(networkId) === undefined)
      throw violated(`no network has the id ${networkId}`);
    const container = this.containers.get(containerId);
    if (container === undefined) throw violated(`no container has the id ${containerId}`);
    if (container.driver === driver) return;
    throw violated(
      `container ${containerId} has the driver ${container.driver}, its endpoint cannot have ${driver}`,
    );
  }

  #removingEndpoint({ id }: Endpoint): void {
    if (this.leases.byOwner(id).length > 0) throw violated(`endpoint ${id} holds leases`);
  }

  #checkLease({ networkId }: PoolKey, { address, owner }: Lease): void {
    if (this.endpoints.get(owner)?.networkId === networkId) return;
    throw violated(
      `${address} cannot be leased to ${owner}: network ${networkId} has no such endpoint`,
    );
  }
}

function namedRules<T extends { readonly name: string }>(kind: string): Rules<T> {
  return {
    keyOf: ({ name }) => name,
    taken: ({ name }) => {
      const message = `the ${kind} name ${name} is taken`;
      return new KleenetError('NAME_TAKEN', message, {
        hint: 'choose another name',
        details: { kind, name },
      });
    },
    check: () => {},
    removing: () => {},
  };
}

function checkContainer(container: Container, before: Container | undefined): void {
  if (before === undefined || before.driver === container.driver) return;
  throw violated(`container ${container.id} has the driver ${before.driver} for life`);
}

/** See `Snapshot.unsettled`. */
function unsettledOf(tables: Omit<Snapshot, 'unsettled'>): readonly Owner[] {
  const { networks, containers, images, endpoints, runs } = tables;
  const changing = runs.list().filter(({ state }) => state === 'starting' || state === 'stopping');
  const busy = new Set(changing.map(({ containerId }) => containerId));
  return [
    ...owners('network', networks.list(), ({ state }) => state !== 'ready'),
    ...owners('container', containers.list(), ({ id, state }) => state !== 'ready' || busy.has(id)),
    ...owners('endpoint', endpoints.list(), ({ state }) => state !== 'connected'),
    ...owners('image', images.list(), ({ state }) => state !== 'ready'),
  ];
}

function owners<T extends { readonly id: string }>(
  kind: Owner['kind'],
  objects: readonly T[],
  isUnsettled: (object: T) => boolean,
): readonly Owner[] {
  return objects.filter(isUnsettled).map(({ id }) => ({ kind, id }));
}
