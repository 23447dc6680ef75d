/** What a walk knows of the state that klee and the host should be in. Pure: steps change it. */
import { FAMILIES, addressIn, nextFree, subnetOf } from './subnets.ts';
import type { Family } from './subnets.ts';
import type { Protocol, UPLINK } from '../world/places.ts';
import type { System } from '../world/world.ts';

type NetworkType = 'loopback' | 'bridge' | 'custom';
type Driver = 'ipnet' | 'vnet';

export interface Network {
  readonly name: string;
  readonly subnet: number;
  readonly families: readonly Family[];
  readonly type: NetworkType;
  readonly nat: boolean;
  readonly icc: boolean;
  readonly internal: boolean;
  /** Whether the host has the first address of each family, as the gateway. */
  readonly gateway: boolean;
  /** The number of the last address that was chosen automatically. */
  readonly last: { [F in Family]?: number };
}

export interface Endpoint {
  readonly network: string;
  readonly priority: number;
  readonly mac?: string;
  readonly numbers: { readonly [F in Family]?: number };
}

export interface Port {
  /** Where packets have to arrive for it; anywhere unless given. */
  readonly on?: typeof UPLINK;
  readonly host: number;
  readonly container: number;
  readonly protocol: Protocol;
}

export interface Container {
  name: string;
  /** What its server calls itself: a name that no other container of the walk ever has. */
  readonly label: string;
  readonly driver: Driver;
  readonly ports: readonly Port[];
  readonly starts: 'on boot' | 'when asked';
  running: boolean;
  /** Whether its run lost the supervisor, so that nothing reaps it. */
  unsupervised?: boolean;
  /** In the order of connection. */
  endpoints: Endpoint[];
}

export interface Model {
  readonly system: System;
  readonly networks: Map<string, Network>;
  readonly containers: Map<string, Container>;
  /** Addresses that somebody had, the last ones: nothing may answer there unless they are leased again. */
  ghosts: string[];
  /** The port of the host that another program has, for both protocols. */
  taken?: number;
  /** Whether an address was given back, because of such a port: then another one may be the next free one. */
  unsure?: boolean;
  /** Whether bridged packets pass the IP firewall, too. */
  bridgesFilter: boolean;
  labels: number;
}

export function emptyModel(system: System = 'linux'): Model {
  return {
    system,
    networks: new Map(),
    containers: new Map(),
    ghosts: [],
    bridgesFilter: false,
    labels: 0,
  };
}

export function copyModel(model: Model): Model {
  return structuredClone(model);
}

/** A run that begins has a supervisor. */
export function beginRun(container: Container): void {
  container.running = true;
  delete container.unsupervised;
}

/** What a container was asked to be connected with. */
export interface Wish {
  readonly network: string;
  readonly ipv4?: number;
  readonly ipv6?: number;
  readonly priority?: number;
  readonly mac?: string;
}

/** Whether the host has the first address of each family: as the gateway, or on an interface of its own. */
export function isFirstOfHost({ gateway, type }: Network): boolean {
  return gateway || type === 'custom';
}

/** Whether another program of the host listens on one of these ports. */
export function isTaken({ taken }: Model, ports: readonly Port[]): boolean {
  return ports.some(({ host }) => host === taken);
}

/** The numbers of a network's subnet that cannot be leased now. */
export function takenNumbers(model: Model, network: Network, family: Family): Set<number> {
  const taken = new Set<number>(isFirstOfHost(network) ? [1] : []);
  for (const { endpoints } of model.containers.values()) {
    for (const endpoint of endpoints) {
      const number = endpoint.network === network.name ? endpoint.numbers[family] : undefined;
      if (number !== undefined) taken.add(number);
    }
  }
  return taken;
}

export function networkOf(model: Model, name: string): Network {
  const network = model.networks.get(name);
  if (network === undefined) throw new Error(`the model has no network ${name}`);
  return network;
}

export function addressOf(model: Model, endpoint: Endpoint, family: Family): string | undefined {
  const number = endpoint.numbers[family];
  if (number === undefined) return undefined;
  return addressIn(subnetOf(networkOf(model, endpoint.network).subnet, family), number);
}

/** All reasons for which klee may refuse to connect with this wish; none where it must not. */
export function refusalsOf(model: Model, container: Container, wish: Wish): string[] {
  const network = model.networks.get(wish.network);
  if (network === undefined) return ['NETWORK_NOT_FOUND'];
  // Before any other reason is looked at.
  if (container.driver === 'vnet' && network.type !== 'bridge') return ['NETWORK_TYPE_UNSUPPORTED'];
  const refusals: string[] = [];
  if (container.driver === 'ipnet' && wish.mac !== undefined) refusals.push('FEATURE_UNSUPPORTED');
  if (container.driver === 'vnet' && container.running) refusals.push('CONTAINER_RUNNING');
  if (container.endpoints.some((endpoint) => endpoint.network === wish.network))
    refusals.push('ALREADY_CONNECTED');
  if (wish.mac !== undefined && hasMac(model, network, wish.mac)) refusals.push('MAC_IN_USE');
  for (const family of FAMILIES) refusals.push(...addressRefusals(model, network, family, wish));
  // Several problems of one request are told together.
  return refusals.length > 1 ? [...refusals, 'INVALID_ARGUMENT'] : refusals;
}

function hasMac(model: Model, network: Network, mac: string): boolean {
  return [...model.containers.values()].some(({ endpoints }) =>
    endpoints.some((endpoint) => endpoint.network === network.name && endpoint.mac === mac),
  );
}

function addressRefusals(model: Model, network: Network, family: Family, wish: Wish): string[] {
  const wanted = wish[family];
  if (!network.families.includes(family))
    return wanted === undefined ? [] : ['ADDRESS_FAMILY_MISSING'];
  const taken = takenNumbers(model, network, family);
  const subnet = subnetOf(network.subnet, family);
  if (wanted === undefined)
    return nextFree(subnet, network.last[family], taken) === undefined ? ['POOL_EXHAUSTED'] : [];
  if (wanted === 1 && isFirstOfHost(network)) return ['ADDRESS_RESERVED'];
  if (taken.has(wanted)) return ['ADDRESS_IN_USE'];
  if (family === 'ipv4' && (wanted === 0 || wanted === subnet.last)) return ['ADDRESS_RESERVED'];
  return wanted > subnet.last ? ['ADDRESS_OUT_OF_RANGE'] : [];
}

/** Connects a container as wished, when nothing speaks against it. */
export function connect(model: Model, container: Container, wish: Wish): void {
  const network = networkOf(model, wish.network);
  const numbers: { [F in Family]?: number } = {};
  for (const family of network.families) {
    const number =
      wish[family] ??
      nextFree(
        subnetOf(network.subnet, family),
        network.last[family],
        takenNumbers(model, network, family),
      );
    if (number === undefined) throw new Error(`the model has no ${family} address left`);
    numbers[family] = number;
    if (wish[family] === undefined) network.last[family] = number;
  }
  container.endpoints.push({
    network: wish.network,
    priority: wish.priority ?? 0,
    numbers,
    ...(wish.mac === undefined ? {} : { mac: wish.mac }),
  });
}

/** Disconnects a container; its addresses become ghosts. */
export function disconnect(model: Model, container: Container, network: string): void {
  for (const endpoint of container.endpoints.filter((one) => one.network === network)) {
    for (const family of FAMILIES) {
      const address = addressOf(model, endpoint, family);
      if (address !== undefined) model.ghosts = [address, ...model.ghosts].slice(0, 4);
    }
  }
  container.endpoints = container.endpoints.filter((endpoint) => endpoint.network !== network);
}

/** The endpoints that have this family, the one that comes first at the front. */
function inOrder(model: Model, container: Container, family: Family): Endpoint[] {
  return container.endpoints
    .filter((endpoint) => endpoint.numbers[family] !== undefined)
    .toSorted((one, other) => other.priority - one.priority);
}

/** The endpoint that the default route of a family leaves by. */
export function defaultEndpoint(
  model: Model,
  container: Container,
  family: Family,
): Endpoint | undefined {
  return inOrder(model, container, family).find((endpoint) => {
    const { internal, gateway } = networkOf(model, endpoint.network);
    return !internal && (container.driver === 'ipnet' || gateway);
  });
}

/** The endpoint that published ports of a family lead to. */
export function portEndpoint(
  model: Model,
  container: Container,
  family: Family,
): Endpoint | undefined {
  return (
    defaultEndpoint(model, container, family) ??
    inOrder(model, container, family).find(
      (endpoint) => !networkOf(model, endpoint.network).internal,
    )
  );
}
