/**
 * The contract between core and network drivers: everything that the author of a driver implements or is handed.
 * Types, {@link definePlugin}, and pure helpers for what every driver has to tell a host: addresses, default routes, and
 * clean-up that tries everything. What crosses this border is frozen data that can be written as JSON.
 */
import type { Family, IpAddress, MacAddress, PerFamily } from './address/types.ts';
import type { Clock, CommandRunner, Logger } from './command.ts';
import type { Endpoint, Network, NetworkType, Resource, Sandbox, Stack } from './model.ts';

export type { Cidr, Family, IpAddress, MacAddress, PerFamily } from './address/types.ts';
export type {
  Argv,
  Clock,
  CommandOptions,
  CommandResult,
  CommandRunner,
  ForegroundCommand,
  ForegroundOptions,
  Logger,
} from './command.ts';
export type { Endpoint, Network, NetworkType, Pool, Sandbox, SandboxLink, Stack } from './model.ts';
export type {
  AddressResource,
  DirectoryResource,
  InterfaceResource,
  JailResource,
  KnownResource,
  MountResource,
  NamespaceResource,
  NeighbourResource,
  OtherResource,
  Resource,
  RouteResource,
  SandboxResource,
  SysctlResource,
} from './resource.ts';
export { knownResource } from './resource.ts';

export {
  contains,
  familyOf,
  hostCidr,
  parseCidr,
  parseIpAddress,
  prefixLength,
} from './address/index.ts';
export { FAMILIES } from './address/types.ts';
export {
  byPreference,
  byWayOut,
  defaultRoutes,
  gatewayAddresses,
  heldAddresses,
  inFamilyOrder,
  nextHops,
  rankOf,
  settleAll,
  tryAll,
} from './kit/index.ts';
export type {
  AlsoFailed,
  Connection,
  DefaultRoute,
  GatewayAddress,
  HeldAddress,
  NextHop,
} from './kit/index.ts';

/** The major version of this contract. A plugin of another major is refused by name and version. */
export const API_VERSION = 1;

/** A platform by name. A driver has a data plane for each platform that it supports; core has one for `memory`. */
export type PlatformName = 'freebsd' | 'linux' | 'memory';

/**
 * The capabilities of a driver. The engine, the conformance kit, help and docs rely on them; none of them tests for
 * methods.
 *
 * An absent flag is false. What a later minor version adds has a default under which older drivers work unchanged.
 */
export interface Capabilities {
  /**
   * The sandbox that the platform makes before the first attach: `own` has its own network stack; `restricted` shares
   * the host's stack, or has one that the container cannot change, and shows only attached addresses; `host` is the
   * host's; `none` has none at all.
   */
  readonly stack: Stack;
  /** The network types that it connects to. Empty: it connects to none, and connecting is refused. */
  readonly networkTypes: readonly NetworkType[];
  /** The address families that it can attach. A network that also has another family is refused. */
  readonly families: readonly Family[];
  /**
   * Whether `attach` may be called while the container's command runs. Default false: connecting needs a stopped
   * container.
   */
  readonly connectWhileRunning?: boolean;
  /**
   * Whether `detach` may be called while the container's command runs. Default false: disconnecting needs a stopped
   * container.
   */
  readonly disconnectWhileRunning?: boolean;
  /** Whether ports of its containers can be published. Default false: `--publish` is refused. */
  readonly publishPorts?: boolean;
  /**
   * Whether each endpoint has its own MAC address. Core then assigns one, unique in its network. Default false:
   * endpoints have none, and `--mac` is refused.
   */
  readonly mac?: boolean;
  /**
   * Whether its containers have their own default route, so that `gatewayPriority` matters. Default false: the priority
   * is recorded, and has no effect.
   */
  readonly gateway?: boolean;
  /**
   * Whether its data plane learns the addresses of an endpoint while it attaches it, for example by DHCP, and tells them with
   * {@link Operation.bind}. Core then leases only what the user asks for, so that an endpoint may be planned, attached and detached
   * without an address. Default false: core chooses an address of each family.
   */
  readonly lateBinding?: boolean;
  /**
   * The network types on which no packet of its containers leaves an internal network, nor reaches one from outside. Default: all of
   * `networkTypes`. Other internal networks are refused. Leave out a type on which its packets pass neither klee's firewall nor
   * anything else that keeps them inside: a network that says internal and is not is worse than a refusal.
   */
  readonly internalOn?: readonly NetworkType[];
  /**
   * The network types on which its containers do not reach each other when the network is made with `--no-icc`. Default: all of
   * `networkTypes`. Other networks without icc are refused.
   */
  readonly noIccOn?: readonly NetworkType[];
  /**
   * Whether its data planes have `checkEndpoint` or `checkNetwork`. Default false: they are not called, so that a command that only
   * records a connection need not load the data plane.
   */
  readonly hostChecks?: boolean;
}

/** A problem with a value: `path` names the value, in the words of the command line. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** The user's request for a connection, parsed and checked for form. */
export interface EndpointRequest {
  readonly addresses: PerFamily<IpAddress>;
  readonly mac?: MacAddress;
  readonly gatewayPriority: number;
  /** The `--driver-opt` values, all known to the driver. */
  readonly options: Readonly<Record<string, string>>;
}

/** One option of a driver or of its networks, as `--driver-opt NAME=VALUE` gives it. */
export interface OptionDescription {
  /** One sentence with units and default. */
  readonly description: string;
  /**
   * The problem with a value, or undefined when it is valid. Pure. The driver alone knows what its values may be, so core refuses none.
   * An empty text, white space at either end and control characters are problems in every driver: nobody means them, and a value
   * is printed, and may become a word of a command or a line of its input. Other characters are a matter of the option: commands
   * pass no shell.
   */
  check(value: string): string | undefined;
}

/** Dependencies of a data plane. A data plane uses these and no globals, so that a test can replace them. */
export interface DataPlaneDependencies {
  readonly commands: CommandRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent where no firewall of klee's checks senders: on the simulated host. */
  readonly firewall?: EndpointFirewall;
}

/**
 * The host's firewall, for drivers that make an interface there for each endpoint. Isolation, NAT and published ports need nothing
 * of it but the names and marks of `@kleenet/core/linux` and `@kleenet/core/freebsd`: they follow from the network. What is left is
 * which interface belongs to which endpoint. An interface that is not guarded sends nothing, where the firewall works.
 */
export interface EndpointFirewall {
  /**
   * Lets an endpoint send by this interface, from its own addresses and MAC address only: a `port` on Linux, any interface in
   * klee's group on FreeBSD. A `link` on Linux needs only its routes. Call it in `attach`, in any order with the rest. May be repeated.
   * Does nothing on a host without a working firewall.
   *
   * @throws TypeError for an interface that the rules would not take for a container's, or a port without a MAC address
   */
  guard(target: AttachTarget, hostInterface: string, signal: AbortSignal): Promise<void>;
  /** Takes that back. Call it in `detach`, whether the interface is there or not. Idempotent. */
  release(target: AttachTarget, hostInterface: string, signal: AbortSignal): Promise<void>;
  /** For `observe`: what is wrong with its entries, one sentence each. Empty on a host without a working firewall. */
  problems(target: AttachTarget, hostInterface: string): Promise<readonly string[]>;
}

/**
 * Makes a driver's data plane for one platform. Called once per command, and only when the driver is used there; once more for its
 * checks, with commands that only read.
 */
export type DataPlaneLoader = (dependencies: DataPlaneDependencies) => Promise<DataPlane>;

/** A driver: connects containers to networks. */
export interface NetworkDriver {
  /** Lower-case letters, digits and dashes; unique among all drivers. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /**
   * The capabilities that differ on a platform; {@link capabilitiesOn} puts them over the others. Default: none.
   */
  readonly platformCapabilities?: { readonly [P in PlatformName]?: Partial<Capabilities> };
  /** One loader for each platform that it supports. For `memory`, core's generic data plane is the default. */
  readonly dataPlanes: { readonly [P in PlatformName]?: DataPlaneLoader };
  /** Its options, by name. Unknown ones are refused with OPTION_UNKNOWN before any method is called. */
  readonly options: Readonly<Record<string, OptionDescription>>;
  /**
   * The options of its networks, by name: those of `klee network create --driver NAME --driver-opt K=V`, which
   * `Network.options` holds. Unknown ones are refused with OPTION_UNKNOWN. Default: none. A driver with methods for its networks
   * has this member, empty if need be: the conformance kit goes by it.
   */
  readonly networkOptions?: Readonly<Record<string, OptionDescription>>;
  /**
   * Reasons to refuse this connection, beyond `capabilities` and `options`. Pure, and called before anything is
   * changed. Core has already checked the type, the families and the form of the request.
   */
  validateEndpoint(network: Network, request: EndpointRequest): readonly Issue[];
  /**
   * Reasons to refuse a network that is to belong to this driver, beyond `capabilities` and `networkOptions`. Pure, and
   * called before anything is changed. Core has already checked the type, the families and the form of the options.
   * Default: none.
   */
  validateNetwork?(network: Network): readonly Issue[];
}

/** Another endpoint of the same container. */
export interface SiblingEndpoint {
  readonly network: Network;
  readonly endpoint: Endpoint;
  /**
   * Whether it is part of the container's desired state, so that a list of all addresses includes it; false while it is
   * being disconnected. When a container starts, its endpoints are attached one after the other.
   */
  readonly attached: boolean;
}

/** Input of attach, detach and observe. Frozen; also valid when the resources are long gone from the host. */
export interface AttachTarget {
  readonly container: { readonly id: string; readonly name: string };
  /** The run that the attachment belongs to. Its sandbox is never that of another run. */
  readonly runId: string;
  /** The sandbox to attach to. Named even when it does not exist, is incomplete or is gone. */
  readonly sandbox: Sandbox;
  readonly network: Network;
  readonly endpoint: Endpoint;
  /** The other endpoints of the container, ordered by connection. */
  readonly siblings: readonly SiblingEndpoint[];
  /** Resources that are recorded as made, or about to be made, for this endpoint. */
  readonly claims: readonly Resource[];
}

/** Services of core during one operation of a driver or a platform. */
export interface Operation {
  /** Raised when the deadline expires or the user interrupts; pass it on to every command. */
  readonly signal: AbortSignal;
  /**
   * Records a resource durably. Await it before the command that makes the resource, with a name chosen by the driver.
   * Only for resources that `plan` cannot know; each call costs a commit.
   */
  claim(resource: Resource): Promise<void>;
  /**
   * Leases these addresses to the endpoint, durably, in place of the ones that it has in their families; those of other families stay.
   * Await it before the host or the container gets them. Returns the target as it is now. The addresses stay leased until the container
   * is disconnected or removed, or another attach binds others. Repeating it changes nothing.
   *
   * Present in `attach` of drivers with `lateBinding`, and nowhere else.
   *
   * @throws KleenetError ADDRESS_FAMILY_MISSING, ADDRESS_OUT_OF_RANGE, ADDRESS_IN_USE, ADDRESS_RESERVED
   */
  bind?(addresses: PerFamily<IpAddress>): Promise<AttachTarget>;
}

/** Services of core while a driver works on one of its networks. */
export interface NetworkOperation extends Operation {
  /** Resources that are recorded as made by the driver, or about to be made, for this network. */
  readonly claims: readonly Resource[];
}

/**
 * The former name of {@link Operation}.
 * @deprecated since 0.1; use Operation
 */
export type AttachHost = Operation;

/** Whether a data plane can work on this host. */
export interface PlaneStatus {
  readonly state: 'ready' | 'degraded' | 'unavailable';
  /** Missing requirements and their remedies, one sentence each; empty when ready. */
  readonly reasons: readonly string[];
}

/** The state of one target on the host. */
export interface Observation {
  readonly endpointId: string;
  /** The host's end of the endpoint, for drivers that give each endpoint one. */
  readonly hostInterface?: string;
  /** Differences between target and host, one sentence each; empty when it is attached correctly. */
  readonly problems: readonly string[];
}

/**
 * A driver on one platform.
 *
 * Calls for one container never overlap; calls for different containers do. Core guards each call with a deadline and
 * an abort signal, and turns foreign errors into DRIVER_FAILED. Throw KleenetError for expected failures.
 */
export interface DataPlane {
  /** Checks tools and kernel. Changes nothing. Called before the first attach. */
  status(): Promise<PlaneStatus>;
  /**
   * The resources that `attach` will make under names known beforehand. Pure. Core records them as claims in the
   * commit that comes before `attach`.
   */
  plan(target: AttachTarget): readonly Resource[];
  /**
   * Makes the endpoint work. The sandbox exists, the network is up, the claims are recorded. Core calls it when a
   * container starts (before its command) and when a running container is connected. May be repeated. When it throws,
   * core calls `detach`.
   */
  attach(target: AttachTarget, operation: Operation): Promise<void>;
  /**
   * Removes the resources of `attach`, and nothing else: only those with our mark. Idempotent: it succeeds when the
   * sandbox, the interface or both are gone, incomplete or were never made. Tries every step before it throws. Called
   * before the sandbox is destroyed, and before the lease is released.
   */
  detach(target: AttachTarget, operation: Operation): Promise<void>;
  /**
   * Compares targets with the host. Changes nothing. One answer for each target, in their order. `check` calls it for
   * several containers at the same time.
   */
  observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]>;
  /**
   * The resources that `networkUp` will make under names known beforehand, for a network that belongs to this driver. Pure. Core
   * records them as claims of the network in the commit that comes before `networkUp`. Default: none.
   */
  planNetwork?(network: Network): readonly Resource[];
  /**
   * Makes what a network that belongs to this driver needs on the host, beside its interface, which klee has made by then. Called
   * whenever the network is brought up: when it is created, before its first attach after a boot, and by `system repair`. May be
   * repeated. When it throws while the network is created, core calls `networkDown`. Default: nothing is made.
   */
  networkUp?(network: Network, operation: NetworkOperation): Promise<void>;
  /**
   * Removes the resources of `networkUp`, and nothing else. Called before klee removes the network's interface, when every endpoint
   * is detached. Idempotent: it succeeds when some of them or all are gone, or were never made. Tries every step before it throws.
   * Default: nothing is removed.
   */
  networkDown?(network: Network, operation: NetworkOperation): Promise<void>;
  /**
   * Differences between a network that belongs to this driver and the host, one sentence each; empty when it is up. Changes nothing.
   * `system repair` calls `networkUp` where there are any. Default: none are found.
   */
  observeNetwork?(network: Network): Promise<readonly string[]>;
  /**
   * Reasons why an endpoint cannot work on this host, such as a missing interface, beyond what `validateEndpoint` sees. Only reads:
   * a command that changes something is an error of the driver. Called before anything is recorded, when a container is connected or
   * created with a network; needs the capability `hostChecks`. Throw nothing for what cannot be found out: answer with no issue.
   */
  checkEndpoint?(
    network: Network,
    request: EndpointRequest,
    options: CheckOptions,
  ): Promise<readonly Issue[]>;
  /** The same for a network that is to belong to this driver, before it is created. */
  checkNetwork?(network: Network, options: CheckOptions): Promise<readonly Issue[]>;
}

/** Options of a check of the host. */
export interface CheckOptions {
  /** Raised when the deadline expires or the user interrupts; pass it on to every command. */
  readonly signal: AbortSignal;
}

/** Receives the drivers of a plugin. */
export interface Registrar {
  /** @throws KleenetError DRIVER_CONFLICT, PLUGIN_INVALID */
  register(driver: NetworkDriver): void;
}

/** The default export of a plugin's entry. */
export interface Plugin {
  /** The npm package's name. */
  readonly name: string;
  /** The major version of the contract that it implements; see {@link API_VERSION}. */
  readonly apiVersion: number;
  /** Registers drivers. Called once, synchronously, before anything else. */
  register(registrar: Registrar): void;
}

/** Gives a plugin its type and freezes it. */
export function definePlugin(plugin: Plugin): Plugin {
  return Object.freeze(plugin);
}

/** The capabilities of a driver on a platform. Pure. */
export function capabilitiesOn<C extends Capabilities>(
  driver: Pick<NetworkDriver, 'platformCapabilities'> & { readonly capabilities: C },
  platform: PlatformName,
): C {
  return Object.freeze({ ...driver.capabilities, ...driver.platformCapabilities?.[platform] });
}
