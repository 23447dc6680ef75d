/**
 * Requests of callers, as text from the edge, and the engine's results. The engine parses every text itself and reports
 * all problems together, so that a caller cannot pass unchecked values.
 */
import type {
  Container,
  Endpoint,
  Image,
  Network,
  NetworkType,
  RestartPolicy,
  Run,
} from '../../model.ts';
import type { CallerTerminal, PlatformFacts } from '../../platform.ts';

export interface CreateNetworkRequest {
  readonly name: string;
  /** Default `loopback`. */
  readonly type?: NetworkType;
  /** The host interface; chosen when absent. Required for type `custom`. */
  readonly interface?: string;
  readonly subnet?: string;
  readonly subnet6?: string;
  /** An address, `auto`, or the empty text for none. Default: `auto` for bridge networks, none for others. */
  readonly gateway?: string;
  readonly gateway6?: string;
  /** Default true. */
  readonly nat?: boolean;
  readonly natInterface?: string;
  /** Default true. */
  readonly icc?: boolean;
  readonly internal?: boolean;
  /** At most one of each family. */
  readonly ranges?: readonly string[];
  /** Addresses and CIDRs. */
  readonly exclude?: readonly string[];
  /** In bytes. */
  readonly mtu?: number;
  /** `key=value` each. */
  readonly labels?: readonly string[];
  /** The driver that the network is to belong to. Default: none, so that containers of any driver connect. */
  readonly driver?: string;
  /** `key=value` each, for the driver. */
  readonly driverOptions?: readonly string[];
  readonly allowOverlap?: boolean;
}

/** Settings of a connection, without its network and container. */
export interface EndpointOptions {
  readonly ip?: string;
  readonly ip6?: string;
  readonly mac?: string;
  /** Default 0; higher wins the default route. */
  readonly gatewayPriority?: number;
  /** `key=value` each. */
  readonly driverOptions?: readonly string[];
}

export interface ConnectRequest extends EndpointOptions {
  /** Name, id or unique id prefix. */
  readonly network: string;
  readonly container: string;
}

export interface DisconnectRequest {
  readonly network: string;
  readonly container: string;
  /** Delete the endpoint even when the host cannot be cleaned up; leftovers stay recorded and check lists them. */
  readonly force?: boolean;
}

export interface CreateContainerRequest {
  /** Generated when absent. */
  readonly name?: string;
  readonly image: string;
  readonly command?: readonly string[];
  /** Default: `ipnet` with networks, `host` without. */
  readonly driver?: string;
  readonly networks?: readonly (EndpointOptions & { readonly network: string })[];
  /** `[IF:]HOST[:CONTAINER][/tcp|udp]` each. */
  readonly publish?: readonly string[];
  /** `KEY=VALUE` each. */
  readonly env?: readonly string[];
  readonly user?: string;
  /** `SOURCE:TARGET[:ro]` each. */
  readonly mounts?: readonly string[];
  readonly jailParameters?: readonly string[];
  readonly restart?: RestartPolicy;
  readonly terminal?: boolean;
  readonly interactive?: boolean;
  readonly autoRemove?: boolean;
}

/** A network with its endpoints. */
export interface NetworkReport {
  readonly network: Network;
  readonly endpoints: readonly EndpointReport[];
}

/** An endpoint with the names of its objects. */
export interface EndpointReport {
  readonly endpoint: Endpoint;
  readonly networkName: string;
  readonly containerName: string;
  /** The host's end of a running endpoint, for drivers that give each endpoint one. */
  readonly hostInterface?: string;
}

/** The state of a container, for people: never started, running, or ended. */
export type ContainerState = 'created' | 'running' | 'exited';

export interface ContainerReport {
  readonly container: Container;
  readonly state: ContainerState;
  readonly run?: Run;
  readonly endpoints: readonly EndpointReport[];
}

export interface ImageReport {
  readonly image: Image;
  /** How many containers were made from it. */
  readonly containers: number;
}

/** How `start` and `run` connect the command's streams. */
export type StreamMode =
  | 'detached'
  | 'foreground'
  /** In the foreground of a caller with a terminal. */
  | { readonly terminal: CallerTerminal };

/** A container whose command was started. */
export interface StartedContainer {
  readonly container: Container;
  /** In the foreground: resolves with the exit status once the command has ended and the run is reaped. */
  readonly exited?: Promise<number>;
  /** In the foreground: passes a signal on to the command. */
  readonly signal?: (name: string) => void;
}

export interface ExecContainerRequest {
  readonly container: string;
  readonly command: readonly string[];
  readonly env?: readonly string[];
  readonly user?: string;
  readonly terminal?: boolean;
  readonly interactive?: boolean;
  readonly detached?: boolean;
  /** The caller's, where it has one. */
  readonly callerTerminal?: CallerTerminal;
}

/** One difference between state and host, or one object that needs repair. */
export interface Finding {
  /**
   * The kind of its subject: `network`, `container`, `endpoint`, `image`, `database`, `firewall`, `sysctl`, `claim`.
   */
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  /** One sentence. */
  readonly message: string;
}

export interface RepairReport {
  /** Repaired findings. */
  readonly repaired: readonly Finding[];
  /** Findings that could not be repaired, with the reason in the message. */
  readonly remaining: readonly Finding[];
}

export interface SystemReport {
  readonly facts: PlatformFacts;
  readonly counts: {
    readonly networks: number;
    readonly containers: number;
    readonly running: number;
    readonly images: number;
  };
  /** Host settings that klee changed, with their old values. */
  readonly sysctls: readonly { readonly name: string; readonly previous: string }[];
}

/** Address use of one family of a network; numbers as decimal text, since they exceed what JSON numbers hold. */
export interface PoolReport {
  readonly family: 'ipv4' | 'ipv6';
  readonly subnet: string;
  readonly size: string;
  readonly reserved: string;
  readonly leased: string;
  readonly free: string;
}
