/** What core asks of an operating system. Implemented by `@kleenet/platform` and by the simulated platform. */
import type { Cidr, Family, IpAddress, MacAddress } from './address/types.ts';
import type { Argv } from './command.ts';
import type { Capabilities, DataPlane, Issue, PlaneStatus, PlatformName } from './driver.ts';
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
  /** Empty for a route that leads nowhere. */
  readonly interface: string;
  /** The table that it is in, where the host has several and it is not the usual one. */
  readonly table?: string;
}

/** A program of the host that waits for packets at a port. */
export interface HostListener {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** The families that it waits for; one socket may serve both. */
  readonly families: readonly Family[];
  /** Where it waits; absent for every address of the host. */
  readonly address?: IpAddress;
  /** The interface that it is bound to; absent for all. */
  readonly interface?: string;
  /** For people: `sshd (pid 812)`; absent where the host does not say. */
  readonly process?: string;
}

/** What the host has of one family of network facts; read once per operation, in one or two commands. */
export interface HostNetwork {
  readonly interfaces: readonly string[];
  /**
   * Names that no interface inside a container may have: where interfaces come back to the host under the names that
   * they had inside, those of the host's interfaces. Absent where they do not come back.
   */
  readonly reservedNames?: readonly string[];
  readonly addresses: readonly HostAddress[];
  readonly macs: readonly HostMac[];
  /** Read only when asked for: few operations look at routes. */
  readonly routes: () => Promise<readonly HostRoute[]>;
  /**
   * The route by which packets to a subnet leave before the usual table is asked, default ones included; undefined for
   * none. Absent where the host has no such rules.
   */
  readonly policyRoute?: (subnet: Cidr) => Promise<HostRoute | undefined>;
}

/** For `klee system info`. */
export interface PlatformFacts {
  readonly platform: PlatformName;
  readonly release: string;
  /** Which OCI runtime (Linux) or jail(8) version is used and why. */
  readonly runtime: { readonly name: string; readonly version: string; readonly reason: string };
  readonly status: PlaneStatus;
  readonly firewall: PlaneStatus;
}

/** What a platform operation may do besides running commands. */
export interface OperationHost {
  readonly signal: AbortSignal;
  /** Records a resource durably before it is made; only for names that `plan` could not know. */
  claim(resource: Resource): Promise<void>;
}

export interface NetworkPlatform {
  /** The name of the interface for a network whose user asked for none. At most 15 characters. */
  interfaceName(id: string, type: NetworkType): string;
  /** The MAC address that `up` always gives the interface; absent where the system chooses one. Pure. */
  mac?(network: Network): MacAddress | undefined;
  /** What `up` makes. Pure. */
  plan(network: Network): readonly Resource[];
  /** Makes the host interface, its addresses and routes. May be repeated; starting a container does. */
  up(network: Network, host: OperationHost): Promise<void>;
  /** Removes what `up` made. Idempotent; touches only what bears our mark. */
  down(network: Network, claims: readonly Resource[], host: OperationHost): Promise<void>;
  /** Differences between the network and the host, one sentence each. */
  observe(network: Network): Promise<readonly string[]>;
  /** What keeps the host from these addresses of running containers of the network, one sentence each. */
  hidden?(network: Network, addresses: readonly IpAddress[]): Promise<readonly string[]>;
  /**
   * Refuses a network with a family that the host has switched off. Called before it is made, and before a container on
   * it is attached. Absent where that is not looked at.
   * @throws KleenetError FAMILY_UNSUPPORTED
   */
  requireFamilies?(network: Network): Promise<void>;
}

/** Everything that a sandbox is made from. */
export interface SandboxSpec {
  readonly container: Container;
  readonly run: Run;
}

/** A line of a container's `/etc/hosts`. */
export interface HostEntry {
  readonly address: IpAddress;
  readonly names: readonly string[];
}

/** What one container's `/etc/hosts` is to say. */
export interface ContainerHosts {
  readonly container: Container;
  readonly entries: readonly HostEntry[];
}

/** The terminal that the caller has. */
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
      /** Absent where the caller has none. */
      readonly terminal?: CallerTerminal;
      /** As above, for when the process that called is gone by then. */
      readonly reap: Argv;
    };

/** A command that was started. */
export interface Started {
  /** Only for `foreground`: resolves with the exit status once the command has ended. */
  readonly exited?: Promise<number>;
  /** Only for `foreground`. SIGWINCH tells that the window of the caller's terminal has another size. */
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
  /** A live run: go on printing until its command has ended and all that it wrote is printed. */
  readonly follow?: Run;
  /** Only this many lines from the end. */
  readonly tail?: number;
}

export type SandboxState = 'running' | 'stopped' | 'absent';

export interface SandboxPlatform {
  /**
   * What stands against jail parameters of a container with this kind of stack. Pure, and called before the container
   * is created. Absent where there are no jails.
   */
  checkJailParameters?(parameters: readonly string[], stack: Stack): readonly Issue[];
  /** The sandbox that a run will have: names only. Pure. */
  describe(container: Container, runId: string): Sandbox;
  /** What `create` makes. Pure. */
  plan(spec: SandboxSpec): readonly Resource[];
  /** Makes the empty sandbox with the container's file system in it. */
  create(spec: SandboxSpec, host: OperationHost): Promise<void>;
  /**
   * Starts the container's command in the sandbox and returns once it runs.
   * @throws KleenetError COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE, USER_NOT_FOUND
   */
  start(spec: SandboxSpec, launch: Launch, host: OperationHost): Promise<Started>;
  /** Runs a further command; resolves with its exit status, or with 0 at once when detached. */
  exec(spec: SandboxSpec, request: ExecRequest): Promise<Started>;
  /** Ends the command: `signal` first, then KILL after `grace` milliseconds. Returns when it is gone. Idempotent. */
  stop(spec: SandboxSpec, signal: string, grace: number): Promise<void>;
  /** Asks the host which of these runs have a live command. In their order. */
  states(specs: readonly SandboxSpec[]): Promise<readonly SandboxState[]>;
  /** The exit status that the supervisor recorded, if any. */
  exitStatus(spec: SandboxSpec): Promise<number | undefined>;
  /** Removes all that `create` made, and ends what still runs in it. Idempotent. */
  destroy(spec: SandboxSpec, host: OperationHost): Promise<void>;
  /** Differences between a running container and the host, one sentence each. */
  observe(spec: SandboxSpec): Promise<readonly string[]>;
  /** What a container keeps between runs: its writable layer and logs. Pure. */
  planStorage(container: Container): readonly Resource[];
  /** Makes it. May be repeated. */
  createStorage(container: Container, host: OperationHost): Promise<void>;
  /**
   * Sets what `/etc/hosts` of containers says besides the loopback names; running ones see it at once. May be
   * repeated. Only between `createStorage` and `removeStorage`. Does nothing for the stack `host`.
   */
  setHosts(hosts: readonly ContainerHosts[], host: OperationHost): Promise<void>;
  /** Removes it. Idempotent. */
  removeStorage(container: Container, host: OperationHost): Promise<void>;
  /** The command that prints the log of a container's runs; an empty one when nothing was logged yet. */
  logs(container: Container, options: LogsOptions): Argv;
}

/** Where an image comes from. */
export interface ImageSource {
  readonly path: string;
  /** Whether it is a tar archive where klee runs, which may be another machine than the host. */
  readonly local: boolean;
}

export interface ImagePlatform {
  /** What `import` makes. Pure. */
  plan(image: Image): readonly Resource[];
  /** Unpacks a directory or tar. Returns the size in bytes. @throws KleenetError IMAGE_INVALID */
  import(image: Image, source: ImageSource, host: OperationHost): Promise<number>;
  /** Idempotent. */
  remove(image: Image, host: OperationHost): Promise<void>;
}

/**
 * Connections that the kernel remembers, and for that lets pass and translates as when they began: which of them are to
 * end. Both directions, both families, and also those that are translated.
 */
export type Flows =
  /** From and to these addresses of containers. */
  | { readonly of: 'addresses'; readonly addresses: readonly IpAddress[] }
  /** From and to all addresses of these subnets. */
  | { readonly of: 'subnets'; readonly subnets: readonly Cidr[] }
  /**
   * Those that the host itself took at one of these ports, for which they are not translated; and those that began there
   * and are translated to one of these addresses, where the ports no longer lead.
   */
  | {
      readonly of: 'ports';
      readonly ports: readonly PublishedPort[];
      readonly formerly: readonly IpAddress[];
    };

export interface FirewallPlatform {
  status(): Promise<PlaneStatus>;
  /** The rules as text, the same for the same intents. Pure. */
  render(intents: FirewallIntents): string;
  /** Puts the rules in place of ours, in one atomic change. */
  apply(rules: string, host: OperationHost): Promise<void>;
  /**
   * Whether the host has rules of ours at all, whatever they say. None after others flushed them: then what single
   * endpoints have in them is gone, too. Asked before rules are put in place, so that it must be cheap.
   */
  hasRules(): Promise<boolean>;
  /** Whether the host has exactly these rules, all of them; asked before each attachment, so that it must be cheap. */
  isLoaded(rules: string): Promise<boolean>;
  /**
   * Ends connections, so that nothing passes for having begun when it was allowed. Called when the rules no longer let
   * new ones begin, and before somebody else may hold what they are named by. Idempotent; none is not an error. Where the
   * host lacks what it takes, the user is warned and `facts` says so.
   */
  endFlows(flows: Flows, host: OperationHost): Promise<void>;
  /** Removes all rules of ours. Idempotent. */
  clear(host: OperationHost): Promise<void>;
  /** Differences between the rules and the host, one sentence each. */
  observe(rules: string): Promise<readonly string[]>;
}

/** One operating system. */
export interface Platform {
  readonly name: PlatformName;
  /** Which host and boot this is. */
  identity(): Promise<HostIdentity>;
  facts(): Promise<PlatformFacts>;
  /** Interfaces, addresses and routes of the host. */
  network(): Promise<HostNetwork>;
  /**
   * What waits for packets at a port of the host itself, in none of the containers' stacks. Without those that a
   * published port leaves alone here, such as on an address of the loopback.
   */
  listeners(): Promise<readonly HostListener[]>;
  /** Refuses with PERMISSION_DENIED when the user may not change the host. */
  requirePrivilege(): Promise<void>;
  /**
   * Removes claimed resources whose driver is gone. Idempotent; touches only what bears our mark. Answers those that
   * it knows no way to remove, or that bear no mark.
   */
  removeResources(
    resources: readonly Resource[],
    host: OperationHost,
  ): Promise<readonly Resource[]>;
  /** A data plane for drivers that bring none for this platform: the simulated platform has one, others do not. */
  genericDataPlane?(capabilities: Capabilities): DataPlane;
  readonly networks: NetworkPlatform;
  readonly sandboxes: SandboxPlatform;
  readonly images: ImagePlatform;
  readonly firewall: FirewallPlatform;
}
