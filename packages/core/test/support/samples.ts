/** Objects for tests: valid, with what a test asks for. Ids count up, and so do times of creation. */
import type { IpAddress, PerFamily } from '../../src/address/types.ts';
import type {
  Claim,
  Container,
  Endpoint,
  Image,
  Lease,
  Network,
  Owner,
  Run,
} from '../../src/model.ts';

let count = 0;
let orders = 0;

/** 12 hex digits, never the same. */
export function sampleId(): string {
  count += 1;
  return count.toString(16).padStart(12, '0');
}

export function sampleNetwork(parts: Partial<Network> = {}): Network {
  const id = sampleId();
  return {
    id,
    name: `network-${id}`,
    type: 'loopback',
    interface: 'klee0',
    state: 'ready',
    pools: {},
    nat: true,
    icc: true,
    internal: false,
    labels: {},
    options: {},
    created: time(),
    ...parts,
  };
}

export function sampleContainer(parts: Partial<Container> = {}): Container {
  const id = sampleId();
  return {
    id,
    name: `container-${id}`,
    image: 'base',
    imageId: '0123456789ab',
    command: ['/bin/sh'],
    driver: 'ipnet',
    stack: 'restricted',
    state: 'ready',
    env: [],
    user: 'root',
    mounts: [],
    jailParameters: [],
    publishedPorts: [],
    restart: 'no',
    terminal: false,
    interactive: false,
    autoRemove: false,
    created: time(),
    ...parts,
  };
}

export function sampleImage(parts: Partial<Image> = {}): Image {
  const id = sampleId();
  return {
    id,
    name: `image-${id}`,
    state: 'ready',
    source: '/base.txz',
    size: 1,
    created: time(),
    ...parts,
  };
}

export function sampleEndpoint(
  network: Network,
  container: Container,
  parts: Partial<Endpoint> = {},
): Endpoint {
  return {
    id: sampleId(),
    networkId: network.id,
    containerId: container.id,
    driver: container.driver,
    state: 'connected',
    addresses: {},
    interface: '',
    gatewayPriority: 0,
    order: ++orders,
    options: {},
    created: time(),
    ...parts,
  };
}

export function sampleRun(container: Container, parts: Partial<Run> = {}): Run {
  return {
    id: sampleId(),
    containerId: container.id,
    state: 'running',
    bootId: 'boot',
    sandbox: { name: `klee-${container.id}`, stack: container.stack },
    started: time(),
    ...parts,
  };
}

export function sampleClaim(owner: Owner): Claim {
  return {
    id: sampleId(),
    owner,
    resource: { kind: 'interface', name: 'klee0' },
    host: { platform: 'memory', hostId: 'host', bootId: 'boot', commandPrefix: [] },
    format: 1,
  };
}

export function sampleLease(endpoint: Endpoint, address: string): Lease {
  return { networkId: endpoint.networkId, address: address as IpAddress, owner: endpoint.id };
}

export function addresses(ipv4: string, ipv6?: string): PerFamily<IpAddress> {
  return { ipv4: ipv4 as IpAddress, ...(ipv6 === undefined ? {} : { ipv6: ipv6 as IpAddress }) };
}

function time(): string {
  return new Date(Date.UTC(2025, 0, 1) + count * 1000).toISOString();
}
