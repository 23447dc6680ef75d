/**
 * The objects that Kleenet records. Every value here is frozen data that can be written as JSON: no functions, no
 * classes, times as ISO 8601 text in UTC, ids as 12 hex digits.
 */
import type { Cidr, IpAddress, MacAddress, PerFamily } from './address/types.ts';
import type { Resource } from './resource.ts';

export type { Resource } from './resource.ts';

/** The kind of a network's host interface. */
export type NetworkType = 'loopback' | 'bridge' | 'custom';

/** All network types, in the order in which messages list them. */
export const NETWORK_TYPES: readonly NetworkType[] = ['loopback', 'bridge', 'custom'];

/** The addresses of one family of a network. */
export interface Pool {
  readonly subnet: Cidr;
  /** The gateway that containers get, absent for none. Reserved; never leased. */
  readonly gateway?: IpAddress;
  /** Whether klee puts the gateway on the host interface (automatic) or only routes to it (manual). */
  readonly gatewayOnHost: boolean;
  /** The range of automatic choice; a subnet of `subnet`. */
  readonly range?: Cidr;
  /** Never leased, neither automatically nor on request. */
  readonly exclude: readonly Cidr[];
}

/**
 * The life cycle of a network or container. `creating` and `removing` are intents: a process that takes the object's
 * lock and finds one of them knows that its writer is dead, and rolls back or forward.
 */
export type Lifecycle = 'creating' | 'ready' | 'removing';

/** A named subnet with a host interface. */
export interface Network {
  readonly id: string;
  readonly name: string;
  readonly type: NetworkType;
  /** The host interface; at most 15 characters. Made by klee, except for type `custom`. */
  readonly interface: string;
  readonly state: Lifecycle;
  readonly pools: PerFamily<Pool>;
  readonly nat: boolean;
  /** The outgoing interface of NAT; absent for that of the default route. */
  readonly natInterface?: string;
  /** Whether containers of the network reach each other. */
  readonly icc: boolean;
  /** Whether the network is isolated from everything outside it. */
  readonly internal: boolean;
  /** In bytes; absent for the platform's default. */
  readonly mtu?: number;
  readonly labels: Readonly<Record<string, string>>;
  /** The driver that it belongs to: only containers of it connect. Absent for a network of every driver. */
  readonly driver?: string;
  /** The `--driver-opt` values of the network, for its driver. Empty without a driver. */
  readonly options: Readonly<Record<string, string>>;
  /** Of a network with a driver: the boot in which it was last brought up completely. Absent while it is down. */
  readonly upIn?: string;
  readonly created: string;
  /** The reason of the last failed clean-up; while present the object is blocked and `system repair` tries again. */
  readonly parked?: string;
}

/** The kind of network stack of a driver's containers. */
export type Stack = 'own' | 'restricted' | 'host' | 'none';

/** When klee starts a container automatically. */
export type RestartPolicy = 'no' | 'on-startup';

/** A port of a container that is reachable from outside. */
export interface PublishedPort {
  /** The host interface that it is published on; absent for all. */
  readonly interface?: string;
  readonly protocol: 'tcp' | 'udp';
  /** First and last port on the host. */
  readonly hostPorts: readonly [number, number];
  /** First port of the container; the rest follow in order. */
  readonly containerPort: number;
}

/** A directory of the host inside a container. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** A jail or a namespaced process tree, with one driver for its whole life. */
export interface Container {
  readonly id: string;
  readonly name: string;
  /** The image's name at creation, for people. */
  readonly image: string;
  readonly imageId: string;
  /** The command with its arguments; empty for the image's default. */
  readonly command: readonly string[];
  readonly driver: string;
  /** The stack that the driver declared when the container was created: clean-up needs it when the plugin is gone. */
  readonly stack: Stack;
  readonly state: Lifecycle;
  readonly env: readonly string[];
  /** A name or `UID[:GID]` inside the container. */
  readonly user: string;
  readonly mounts: readonly Mount[];
  readonly jailParameters: readonly string[];
  readonly publishedPorts: readonly PublishedPort[];
  readonly restart: RestartPolicy;
  readonly terminal: boolean;
  readonly interactive: boolean;
  /** Removed as soon as its first run has ended. */
  readonly autoRemove: boolean;
  readonly created: string;
  readonly parked?: string;
}

/** One execution of a container's command. A container has at most one run at a time; the last one is kept. */
export interface Run {
  readonly id: string;
  readonly containerId: string;
  /**
   * `starting` and `stopping` are intents. `running` means that the command was started; the host says whether it still
   * runs.
   */
  readonly state: 'starting' | 'running' | 'stopping' | 'ended';
  readonly bootId: string;
  readonly sandbox: Sandbox;
  readonly started: string;
  readonly ended?: string;
  /** Exit status of the command, 128 + n after signal n; absent while it runs and when it is unknown. */
  readonly exitCode?: number;
}

/** The empty jail or namespace that endpoints are attached to. */
export interface Sandbox {
  /** The name of the jail or network namespace; empty where the container shares the host's. */
  readonly name: string;
  readonly stack: Stack;
  /** For `restricted` on Linux: the routed veth that belongs to the sandbox. Absent elsewhere. */
  readonly link?: SandboxLink;
}

/** The routed link of a restricted sandbox: its host end, its name inside, and both MAC addresses. */
export interface SandboxLink {
  readonly hostInterface: string;
  readonly interface: string;
  readonly hostMac: MacAddress;
  readonly mac: MacAddress;
}

/** One container's connection to one network. */
export interface Endpoint {
  readonly id: string;
  readonly networkId: string;
  readonly containerId: string;
  readonly driver: string;
  /** `connecting` and `disconnecting` are intents; see {@link Lifecycle}. */
  readonly state: 'connecting' | 'connected' | 'disconnecting';
  readonly addresses: PerFamily<IpAddress>;
  /** Absent for drivers whose containers share a MAC address. */
  readonly mac?: MacAddress;
  /** The name inside the container. Empty for drivers without an interface. */
  readonly interface: string;
  /** Higher wins the default route. */
  readonly gatewayPriority: number;
  /**
   * The position in the container's order of connection, from 0 to below 1024: greater than that of every endpoint that
   * the container had when it was connected. Unique within a container; gaps are possible. Before the numbers run out,
   * core renumbers the endpoints and attaches the attached ones again.
   */
  readonly order: number;
  /** The `--driver-opt` values. */
  readonly options: Readonly<Record<string, string>>;
  readonly created: string;
}

/** An unpacked file system that containers are made from. */
export interface Image {
  readonly id: string;
  readonly name: string;
  readonly state: Lifecycle;
  /** Its origin, for people. */
  readonly source: string;
  /** In bytes, as unpacked. */
  readonly size: number;
  readonly created: string;
}

/** The owner of a claim. */
export interface Owner {
  readonly kind: 'network' | 'container' | 'endpoint' | 'image';
  readonly id: string;
}

/** The validity of a claim: kernel resources end with their boot; klee never touches those of another host. */
export interface HostIdentity {
  readonly platform: string;
  readonly hostId: string;
  readonly bootId: string;
  readonly commandPrefix: readonly string[];
}

/** The format of claims that this version writes; a higher one is refused with STATE_NEWER. */
export const CLAIM_FORMAT = 1;

/** The durable record of a resource that an object owns, written before the resource is made. */
export interface Claim {
  readonly id: string;
  readonly owner: Owner;
  readonly resource: Resource;
  /** Of a network's claim: the driver that makes the resource; absent for what klee itself makes. */
  readonly driver?: string;
  readonly host: HostIdentity;
  readonly format: number;
}

/** A leased address. Lives from connect until disconnect or container removal. */
export interface Lease {
  readonly networkId: string;
  readonly address: IpAddress;
  /** The id of the endpoint that holds it. */
  readonly owner: string;
}
