/**
 * The JSON of each kind of object. Keys are in snake case and in a fixed order; absent values are empty texts, so that
 * every key is always present.
 */
import type {
  Container,
  ContainerReport,
  EndpointReport,
  Family,
  ImageReport,
  Mount,
  Network,
  NetworkReport,
  PoolReport,
  PublishedPort,
} from '@kleenet/core';

export interface NetworkView {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly interface: string;
  readonly subnet: string;
  readonly subnet6: string;
  readonly gateway: string;
  readonly gateway6: string;
  readonly nat: boolean;
  readonly nat_interface: string;
  readonly icc: boolean;
  readonly internal: boolean;
  readonly ip_range: string;
  readonly ip_range6: string;
  readonly exclude: readonly string[];
  readonly mtu: number | '';
  readonly labels: Readonly<Record<string, string>>;
  /** The driver that it belongs to. */
  readonly driver: string;
  readonly driver_options: Readonly<Record<string, string>>;
  readonly state: string;
  readonly parked: string;
  readonly created: string;
}

export function networkView(network: Network): NetworkView {
  const { ipv4, ipv6 } = network.pools;
  return {
    id: network.id,
    name: network.name,
    type: network.type,
    interface: network.interface,
    subnet: ipv4?.subnet ?? '',
    subnet6: ipv6?.subnet ?? '',
    gateway: ipv4?.gateway ?? '',
    gateway6: ipv6?.gateway ?? '',
    nat: network.nat,
    nat_interface: network.natInterface ?? '',
    icc: network.icc,
    internal: network.internal,
    ip_range: ipv4?.range ?? '',
    ip_range6: ipv6?.range ?? '',
    exclude: [...(ipv4?.exclude ?? []), ...(ipv6?.exclude ?? [])],
    mtu: network.mtu ?? '',
    labels: network.labels,
    driver: network.driver ?? '',
    driver_options: network.options,
    state: network.state,
    parked: network.parked ?? '',
    created: network.created,
  };
}

interface EndpointView {
  readonly id: string;
  readonly network_id: string;
  readonly network_name: string;
  readonly container_id: string;
  readonly container_name: string;
  readonly driver: string;
  readonly ip_address: string;
  readonly ip_address6: string;
  readonly mac_address: string;
  /** The name inside the container. */
  readonly interface: string;
  /** The host's end of a running endpoint, for drivers that give each endpoint one, else null. */
  readonly epair: string | null;
  readonly gw_priority: number;
  readonly driver_options: Readonly<Record<string, string>>;
  readonly state: string;
  readonly created: string;
}

function endpointView(report: EndpointReport): EndpointView {
  const { endpoint } = report;
  return {
    id: endpoint.id,
    network_id: endpoint.networkId,
    network_name: report.networkName,
    container_id: endpoint.containerId,
    container_name: report.containerName,
    driver: endpoint.driver,
    ip_address: endpoint.addresses.ipv4 ?? '',
    ip_address6: endpoint.addresses.ipv6 ?? '',
    mac_address: endpoint.mac ?? '',
    interface: endpoint.interface,
    epair: report.hostInterface ?? null,
    gw_priority: endpoint.gatewayPriority,
    driver_options: endpoint.options,
    state: endpoint.state,
    created: endpoint.created,
  };
}

export interface NetworkInspectView {
  readonly network: NetworkView;
  readonly network_endpoints: readonly EndpointView[];
}

export function networkInspectView({ network, endpoints }: NetworkReport): NetworkInspectView {
  return { network: networkView(network), network_endpoints: endpoints.map(endpointView) };
}

export interface PublishedPortView {
  readonly interface: string;
  readonly protocol: string;
  readonly host_port: number;
  /** The last one of a range; the same where only one port is published. */
  readonly host_port_last: number;
  readonly container_port: number;
}

function publishedPortView(port: PublishedPort): PublishedPortView {
  const [first, last] = port.hostPorts;
  return {
    interface: port.interface ?? '',
    protocol: port.protocol,
    host_port: first,
    host_port_last: last,
    container_port: port.containerPort,
  };
}

interface MountView {
  readonly source: string;
  readonly target: string;
  readonly read_only: boolean;
}

function mountView({ source, target, readOnly }: Mount): MountView {
  return { source, target, read_only: readOnly };
}

interface ContainerView {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly image_id: string;
  readonly command: readonly string[];
  readonly driver: string;
  /** `created`, `running` or `exited`. */
  readonly state: string;
  readonly exit_code: number | '';
  readonly published_ports: readonly PublishedPortView[];
  readonly restart: string;
  readonly auto_remove: boolean;
  readonly env: readonly string[];
  readonly user: string;
  readonly mounts: readonly MountView[];
  readonly jail_parameters: readonly string[];
  readonly tty: boolean;
  readonly interactive: boolean;
  readonly started: string;
  readonly ended: string;
  readonly parked: string;
  readonly created: string;
}

function containerView({ container, state, run }: ContainerReport): ContainerView {
  return {
    id: container.id,
    name: container.name,
    image: container.image,
    image_id: container.imageId,
    command: container.command,
    driver: container.driver,
    state,
    exit_code: run?.exitCode ?? '',
    published_ports: container.publishedPorts.map(publishedPortView),
    restart: container.restart,
    auto_remove: container.autoRemove,
    ...settingsView(container),
    started: run?.started ?? '',
    ended: run?.ended ?? '',
    parked: container.parked ?? '',
    created: container.created,
  };
}

function settingsView(
  container: Container,
): Pick<ContainerView, 'env' | 'user' | 'mounts' | 'jail_parameters' | 'tty' | 'interactive'> {
  return {
    env: container.env,
    user: container.user,
    mounts: container.mounts.map(mountView),
    jail_parameters: container.jailParameters,
    tty: container.terminal,
    interactive: container.interactive,
  };
}

/** A container in a list, with its addresses. */
export interface ContainerListView extends ContainerView {
  readonly networks: readonly {
    readonly name: string;
    readonly ip_address: string;
    readonly ip_address6: string;
  }[];
}

export function containerListView(report: ContainerReport): ContainerListView {
  return {
    ...containerView(report),
    networks: report.endpoints.map(({ endpoint, networkName }) => ({
      name: networkName,
      ip_address: endpoint.addresses.ipv4 ?? '',
      ip_address6: endpoint.addresses.ipv6 ?? '',
    })),
  };
}

export interface ContainerInspectView {
  readonly container: ContainerView;
  readonly container_endpoints: readonly EndpointView[];
}

export function containerInspectView(report: ContainerReport): ContainerInspectView {
  return {
    container: containerView(report),
    container_endpoints: report.endpoints.map(endpointView),
  };
}

export interface ImageView {
  readonly id: string;
  readonly name: string;
  readonly source: string;
  /** In bytes. */
  readonly size: number;
  /** The number of containers made from it. */
  readonly containers: number;
  readonly state: string;
  readonly created: string;
}

export function imageView({ image, containers }: ImageReport): ImageView {
  return {
    id: image.id,
    name: image.name,
    source: image.source,
    size: image.size,
    containers,
    state: image.state,
    created: image.created,
  };
}

export interface PoolView {
  readonly family: Family;
  readonly subnet: string;
  /** Numbers as decimal text: IPv6 counts exceed JSON numbers. */
  readonly size: string;
  readonly reserved: string;
  readonly leased: string;
  readonly free: string;
}

export function poolView({ family, subnet, size, reserved, leased, free }: PoolReport): PoolView {
  return { family, subnet, size, reserved, leased, free };
}
