/**
 * The interface between core and an operating system. Implemented by `@kleenet/platform` and by the simulated platform.
 */
import type { Cidr, Family, IpAddress, MacAddress } from './address/types.ts';
import type { Argv } from './command.ts';
import type {
  Capabilities,
  DataPlane,
  EndpointFirewall,
  Issue,
  Operation,
  PlaneStatus,
  PlatformName,
} from './driver.ts';
import type { FirewallIntents } from './firewall/intents.ts';
import type {
  Container,
  HostIdentity,
  Image,
  Network,
  NetworkType,
  PublishedPort,
  Resource,
  Run,
  Sandbox,
  Stack,
} from './model.ts';

/** An address of the host with its prefix length and interface. */
export interface HostAddress {
  readonly interface: string;
  readonly address: IpAddress;
  readonly prefix: number;
}

/** The MAC address of an interface of the host. */
export interface HostMac {
  readonly interface: string;
  readonly mac: MacAddress;
}

/** A route of the host, without the default routes. */
export interface HostRoute {
  readonly destination: Cidr;
  /** Empty for an unreachable or blackhole route. */
  readonly interface: string;
  /** Its routing table, on hosts with several, when it is not the main one. */
  readonly table?: string;
}

/** A listening program of the host. */
export interface HostListener {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** The families that it listens on; one socket may serve both. */
  readonly families: readonly Family[];
  /** The address that it listens on; absent for every address of the host. */
  readonly address?: IpAddress;
  /** The interface that it is bound to; absent for all. */
  readonly interface?: string;
  /** For people: `sshd (pid 812)`; absent where the host does not report it. */
  readonly process?: string;
}

/** One kind of network facts of the host; read once per operation, in one or two commands. */
export interface HostNetwork {
  readonly interfaces: readonly string[];
  /**
   * Interface names that containers must not use: on hosts where interfaces return from a container under their inner
   * names, the names of the host's interfaces. Absent elsewhere.
   */
  readonly reservedNames?: readonly string[];
  readonly addresses: readonly HostAddress[];
  readonly macs: readonly HostMac[];
  /** Read on demand: few operations need routes. */
  readonly routes: () => Promise<readonly HostRoute[]>;
  /**
   * The route that packets to a subnet take before the main table is consulted, default routes included; undefined for
   * none. Absent on hosts without such rules.
   */
  readonly policyRoute?: (subnet: Cidr) => Promise<HostRoute | undefined>;
}

/** For `klee system info`. */
export interface PlatformFacts {
  readonly platform: PlatformName;
  readonly release: string;
  /** The OCI runtime (Linux) or jail(8) version in use, and the reason. */
  readonly runtime: { readonly name: string; readonly version: string; readonly reason: string };
  readonly status: PlaneStatus;
  readonly firewall: PlaneStatus;
}

/** A network with the claims of its resources. */
export interface ClaimedNetwork {
  readonly network: Network;
  readonly claims: readonly Resource[];
}

/** Networks on a host: an interface each. */
export interface NetworkPlatform {
  /** The default interface name of a network. At most 15 characters. */
  interfaceName(id: string, type: NetworkType): string;
  /** The MAC address that `up` always gives the interface; absent where the system chooses one. Pure. */
  mac?(network: Network): MacAddress | undefined;
  /** The resources of `up`. Pure. */
  plan(network: Network): readonly Resource[];
  /** Makes the host interface, its addresses and routes. May be repeated; starting a container repeats it. */
  up(network: Network, operation: Operation): Promise<void>;
  /** Removes the resources of `up`. Idempotent; touches only resources with our mark. */
  down(network: Network, claims: readonly Resource[], operation: Operation): Promise<void>;
  /**
   * The same as `down` for several networks, with few commands. If it fails, some of them may be left. Absent on platforms
   * that take each down by itself.
   */
  downTogether?(gone: readonly ClaimedNetwork[], operation: Operation): Promise<void>;
  /** Differences between the network and the host, one sentence each. */
  observe(network: Network): Promise<readonly string[]>;
  /** Obstacles between the host and these addresses of running containers of the network, one sentence each. */
  hidden?(network: Network, addresses: readonly IpAddress[]): Promise<readonly string[]>;
  /**
   * Refuses a network with a family that the host has switched off. Called before it is made, and before a container on
   * it is attached. Absent on platforms without the check.
   * @throws KleenetError FAMILY_UNSUPPORTED
   */
  requireFamilies?(network: Network): Promise<void>;
}

/** The input for making a sandbox. */
export interface SandboxSpec {
  readonly container: Container;
  readonly run: Run;
}

/** A line of a container's `/etc/hosts`. */
export interface HostsEntry {
  readonly address: IpAddress;
  readonly names: readonly string[];
}

/** The content of one container's `/etc/hosts`. */
export interface HostsFile {
  readonly container: Container;
  readonly entries: readonly HostsEntry[];
}

/** The terminal of the caller. */
export interface CallerTerminal {
  readonly rows: number;
  readonly columns: number;
  /** Whether it is the standard input, too. */
  readonly input: boolean;
}

/** How the command's streams are connected. */
export type Launch =
  | {
      readonly mode: 'detached';
      /** Reaps the run after its command has ended; the supervisor executes it on this host. */
      readonly reap: Argv;
    }
  | {
      readonly mode: 'foreground';
      readonly stdin: boolean;
      /** Absent for a caller without a terminal. */
      readonly terminal?: CallerTerminal;
      /** The same, for when the calling process is gone by then. */
      readonly reap: Argv;
    };

/** A command that was started. */
export interface Started {
  /** Only for `foreground`: resolves with the exit status once the command has ended. */
  readonly exited?: Promise<number>;
  /** Only for `foreground`. SIGWINCH reports a new window size of the caller's terminal. */
  signal?(name: string): void;
}

/** A further command in a running container. */
export interface ExecRequest {
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly user: string;
  readonly terminal: boolean;
  readonly stdin: boolean;
  readonly detached: boolean;
  /** The caller's, where it has one. */
  readonly callerTerminal?: CallerTerminal;
}

/** How much of a log is printed. */
export interface LogsOptions {
  /** A live run: follow its output until its command has ended and all output is printed. */
  readonly follow?: Run;
  /** Only this many lines from the end. */
  readonly tail?: number;
}

export type SandboxState = 'running' | 'stopped' | 'absent';

/** Sandboxes on a host, and the commands in them. */
export interface SandboxPlatform {
  /**
   * Problems with jail parameters of a container with this kind of stack. Pure, and called before the container is
   * created. Absent on platforms without jails.
   */
  checkJailParameters?(parameters: readonly string[], stack: Stack): readonly Issue[];
  /** The sandbox of a future run: names only. Pure. */
  describe(container: Container, runId: string): Sandbox;
  /** The resources of `create`. Pure. */
  plan(spec: SandboxSpec): readonly Resource[];
  /** Makes the empty sandbox with the container's file system in it. */
  create(spec: SandboxSpec, operation: Operation): Promise<void>;
  /**
   * Starts the container's command in the sandbox and returns once it runs. The command begins after `connected`: a
   * platform may prepare it while the endpoints are attached.
   * @throws KleenetError COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE, USER_NOT_FOUND, and why `connected` has rejected
   */
  start(
    spec: SandboxSpec,
    launch: Launch,
    operation: Operation,
    connected?: Promise<void>,
  ): Promise<Started>;
  /** Runs a further command; resolves with its exit status, or immediately with 0 when detached. */
  exec(spec: SandboxSpec, request: ExecRequest): Promise<Started>;
  /** Ends the command: `signal` first, then KILL after `grace` milliseconds. Returns when it is gone. Idempotent. */
  stop(spec: SandboxSpec, signal: string, grace: number): Promise<void>;
  /** Asks the host which of these runs have a live command. In their order. */
  states(specs: readonly SandboxSpec[]): Promise<readonly SandboxState[]>;
  /** The exit status that the supervisor recorded, if any. */
  exitStatus(spec: SandboxSpec): Promise<number | undefined>;
  /** Removes the resources of `create`, and ends remaining processes in it. Idempotent. */
  destroy(spec: SandboxSpec, operation: Operation): Promise<void>;
  /** Differences between a running container and the host, one sentence each. */
  observe(spec: SandboxSpec): Promise<readonly string[]>;
  /**
   * Gives a sandbox whose command runs back what something else has taken from its network stack, so that its endpoints
   * can be attached again. Changes nothing where nothing is missing. Absent on platforms where only a start can do that.
   */
  mend?(spec: SandboxSpec, operation: Operation): Promise<void>;
  /** A container's persistent storage: its writable layer and logs. Pure. */
  planStorage(container: Container): readonly Resource[];
  /** Makes it, with these entries of `/etc/hosts`. May be repeated. */
  createStorage(storage: HostsFile, operation: Operation): Promise<void>;
  /**
   * Sets the entries of containers' `/etc/hosts` beside the loopback names; running containers see them immediately.
   * May be repeated. Only between `createStorage` and `removeStorage`. Does nothing for the stack `host`.
   */
  setHostsFiles(hosts: readonly HostsFile[], operation: Operation): Promise<void>;
  /** Removes it. Idempotent. */
  removeStorage(container: Container, operation: Operation): Promise<void>;
  /** The same for several, with few commands. If it fails, that of some may be left. */
  removeStorages(containers: readonly Container[], operation: Operation): Promise<void>;
  /** The command that prints the log of a container's runs; it prints nothing while the log is empty. */
  logs(container: Container, options: LogsOptions): Argv;
}

/** The source of an image. */
export interface ImageSource {
  readonly path: string;
  /** Whether it is a tar archive on the machine of klee, which may differ from the host. */
  readonly local: boolean;
}

export interface ImagePlatform {
  /** The resources of `import`. Pure. */
  plan(image: Image): readonly Resource[];
  /** Unpacks a directory or tar. Returns the size in bytes. @throws KleenetError IMAGE_INVALID */
  import(image: Image, source: ImageSource, operation: Operation): Promise<number>;
  /** Idempotent. */
  remove(image: Image, operation: Operation): Promise<void>;
}

/**
 * Tracked connections to end. The kernel keeps passing and translating them by the rules of their first packet. Both
 * directions, both families, including translated ones.
 */
export type Flows =
  /** From and to these addresses of containers. */
  | { readonly of: 'addresses'; readonly addresses: readonly IpAddress[] }
  /** From and to all addresses of these subnets. */
  | { readonly of: 'subnets'; readonly subnets: readonly Cidr[] }
  /**
   * Flows that the host itself took at one of these ports without translation; and flows that began there and are
   * translated to one of these addresses, where the ports no longer lead.
   */
  | {
      readonly of: 'ports';
      readonly ports: readonly PublishedPort[];
      readonly formerly: readonly IpAddress[];
    };

/** The firewall of a host, as far as the rules are those of klee. */
export interface FirewallPlatform {
  status(): Promise<PlaneStatus>;
  /** The rules as text, the same for the same intents. Pure. */
  render(intents: FirewallIntents): string;
  /**
   * Replaces our rules in one atomic change. Resolves to whether the host had any rules of ours before, whatever their
   * content. False after a flush: then the entries of single endpoints are lost, too.
   */
  apply(rules: string, operation: Operation): Promise<boolean>;
  /** The part that drivers use. Absent where senders are not checked. */
  readonly endpoints?: EndpointFirewall;
  /** Whether loading fails where the rules would have no effect. */
  readonly loadingTells?: boolean;
  /**
   * Whether rules of this state directory were loaded since the host has booted, and not cleared, as far as anything but
   * the firewall itself knows it. Without it a firewall that does not answer counts as absent.
   */
  hasLoaded?(): Promise<boolean>;
  /**
   * Whether the host has exactly these rules, in a firewall that works; called before each attachment, so it must be
   * cheap: the host may be read while the rules are awaited. False for a firewall that does not work: `status` tells why.
   */
  isLoaded(rules: Promise<string>): Promise<boolean>;
  /**
   * Ends connections that the present rules would refuse. Called when the rules no longer admit new ones, and before
   * the addresses may be leased again. Idempotent; having none is not an error. Without the required tool the user is
   * warned and `facts` says so.
   */
  endFlows(flows: Flows, operation: Operation): Promise<void>;
  /** Removes all rules of ours. Idempotent. */
  clear(operation: Operation): Promise<void>;
  /** Differences between the rules and the host, one sentence each. */
  observe(rules: string): Promise<readonly string[]>;
}

/** One operating system. */
export interface Platform {
  readonly name: PlatformName;
  /** Which host and boot this is. */
  identity(): Promise<HostIdentity>;
  facts(): Promise<PlatformFacts>;
  /**
   * Interfaces, addresses and routes of the host.
   *
   * @param near - only addresses and routes that overlap these subnets are needed, and no interfaces: on hosts with hundreds of
   * interfaces, telling the others would take long. A platform may tell them all the same.
   */
  network(near?: readonly Cidr[]): Promise<HostNetwork>;
  /**
   * Sockets of the host itself that listen on a port, outside all container stacks. Without those that a published port
   * does not affect here, such as on a loopback address.
   */
  listeners(): Promise<readonly HostListener[]>;
  /** Refuses with PERMISSION_DENIED when the user may not change the host. */
  requirePrivilege(): Promise<void>;
  /**
   * Removes claimed resources whose driver is gone. Idempotent; touches only resources with our mark. Returns those
   * that it cannot remove, or that have no mark.
   */
  removeResources(
    resources: readonly Resource[],
    operation: Operation,
  ): Promise<readonly Resource[]>;
  /** A data plane for drivers without their own for this platform: only the simulated platform has one. */
  genericDataPlane?(capabilities: Capabilities): DataPlane;
  readonly networks: NetworkPlatform;
  readonly sandboxes: SandboxPlatform;
  readonly images: ImagePlatform;
  readonly firewall: FirewallPlatform;
}
