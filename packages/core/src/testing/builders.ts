/** Objects as core hands them to drivers: valid, frozen, and the same for the same input. */
import { createHash } from 'node:crypto';
import { FAMILIES, fromNumber, generateMac, parseIpAddress, spanOf } from '../address/index.ts';
import type { Family, IpAddress, PerFamily } from '../address/types.ts';
import type { AttachTarget, SiblingEndpoint } from '../driver.ts';
import { networkSpec } from '../engine/requests/network-spec.ts';
import type { CreateNetworkRequest } from '../engine/requests/requests.ts';
import { frozen } from '../frozen.ts';
import type { Container, Endpoint, Network, Resource, Run, Sandbox } from '../model.ts';

const CREATED = '2026-01-01T00:00:00.000Z';

/** Properties of a network in a test; as `klee network create` takes them. */
export interface NetworkParts extends Partial<Omit<CreateNetworkRequest, 'driverOptions'>> {
  /** For its `driver`. Default: none. */
  readonly options?: Readonly<Record<string, string>>;
}

/**
 * A network that is up.
 *
 * @param parts - default: `testnet`, a bridge with the subnet 10.10.36.0/24 and its gateway 10.10.36.1. A custom
 * network uses `ext0`, the uplink of the simulated host.
 * @throws KleenetError for what `klee network create` refuses
 */
export function buildNetwork(parts: NetworkParts = {}): Network {
  const { name = 'testnet', type = 'bridge', driver, options = {}, ...request } = parts;
  const id = idOf('network', name);
  const subnet =
    parts.subnet === undefined && parts.subnet6 === undefined ? { subnet: '10.10.36.0/24' } : {};
  const spec = networkSpec({
    ...(type === 'custom' ? { interface: 'ext0' } : {}),
    ...subnet,
    ...request,
    name,
    type,
  });
  return frozen({
    ...spec,
    ...(driver === undefined ? {} : { driver }),
    options,
    id,
    interface: spec.interface ?? `kln${id}`,
    state: 'ready',
    created: CREATED,
  });
}

/** Properties of a container in a test. */
export type ContainerParts = Partial<Omit<Container, 'id'>>;

/** A container. Default: `container1`, of the driver `ipnet` with a restricted stack. */
export function buildContainer(parts: ContainerParts = {}): Container {
  const name = parts.name ?? 'container1';
  return frozen({
    name,
    image: 'host',
    imageId: 'host',
    command: ['sleep', '600'],
    driver: 'ipnet',
    stack: 'restricted',
    state: 'ready',
    env: [],
    user: '',
    mounts: [],
    jailParameters: [],
    publishedPorts: [],
    restart: 'no',
    terminal: false,
    interactive: false,
    autoRemove: false,
    created: CREATED,
    ...parts,
    id: idOf('container', name),
  });
}

/**
 * A run of a container's command, in a sandbox named `klee-ID`.
 *
 * @param life - distinguishes the runs of one container; default 1
 */
export function buildRun(container: Container, life = 1): Run {
  return frozen({
    id: idOf('run', `${container.name} ${life}`),
    containerId: container.id,
    state: 'running',
    bootId: 'boot-1',
    sandbox: {
      name: container.stack === 'host' ? '' : `klee-${container.id}`,
      stack: container.stack,
    },
    started: CREATED,
  });
}

/** Properties of an endpoint in a test. */
export interface EndpointParts {
  readonly network: Network;
  readonly container: Container;
  /**
   * Default: in each pool of the network the subnet's first address plus `host`, for example 10.10.36.10.
   */
  readonly addresses?: PerFamily<string>;
  /** Default 10. */
  readonly host?: number;
  /**
   * The position in the container's order of connection, from 0: its `order`, and the name `eth0`, `eth1`, …. Default
   * 0.
   */
  readonly index?: number;
  /** Default 0. */
  readonly gatewayPriority?: number;
  readonly options?: Readonly<Record<string, string>>;
}

/** A connected endpoint. It has a MAC address and its own interface when the container's stack is `own`. */
export function buildEndpoint(parts: EndpointParts): Endpoint {
  const { network, container, index = 0, host = 10 } = parts;
  const id = idOf('endpoint', `${network.name} ${container.name}`);
  const own = container.stack === 'own';
  return frozen({
    id,
    networkId: network.id,
    containerId: container.id,
    driver: container.driver,
    state: 'connected',
    addresses:
      parts.addresses === undefined ? addressesAt(network, host) : parseAll(parts.addresses),
    ...(own ? { mac: generateMac(id) } : {}),
    interface: own ? `eth${index}` : network.interface,
    gatewayPriority: parts.gatewayPriority ?? 0,
    order: index,
    options: parts.options ?? {},
    created: new Date(Date.parse(CREATED) + index).toISOString(),
  });
}

/** Properties of a target in a test. */
export interface AttachTargetParts {
  readonly network: Network;
  readonly container: Container;
  readonly endpoint: Endpoint;
  /** Default: none. */
  readonly siblings?: readonly SiblingEndpoint[];
  /** Default: none. */
  readonly claims?: readonly Resource[];
  /** Default: that of {@link buildRun}. */
  readonly runId?: string;
  /** Default: that of {@link buildRun}; `sandboxes.describe` of a platform gives its sandboxes. */
  readonly sandbox?: Sandbox;
}

/** Input of `attach`, `detach` and `observe` of a data plane. */
export function buildAttachTarget(parts: AttachTargetParts): AttachTarget {
  const { network, container, endpoint, siblings = [], claims = [] } = parts;
  const run = buildRun(container);
  return frozen({
    container: { id: container.id, name: container.name },
    runId: parts.runId ?? run.id,
    sandbox: parts.sandbox ?? run.sandbox,
    network,
    endpoint,
    siblings,
    claims,
  });
}

function addressesAt(network: Network, host: number): PerFamily<IpAddress> {
  const addresses: { [F in Family]?: IpAddress } = {};
  for (const family of FAMILIES) {
    const pool = network.pools[family];
    if (pool === undefined) continue;
    addresses[family] = fromNumber(family, spanOf(pool.subnet).first + BigInt(host));
  }
  return addresses;
}

function parseAll(texts: PerFamily<string>): PerFamily<IpAddress> {
  const addresses: { [F in Family]?: IpAddress } = {};
  for (const family of FAMILIES) {
    const text = texts[family];
    if (text !== undefined) addresses[family] = parseIpAddress(text);
  }
  return addresses;
}

/** 12 hex digits, as every id; the same for the same object of a test. */
function idOf(kind: string, name: string): string {
  return createHash('sha256').update(`${kind} ${name}`).digest('hex').slice(0, 12);
}
