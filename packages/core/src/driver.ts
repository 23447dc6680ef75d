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
export type {
  Endpoint,
  Network,
  NetworkType,
  Pool,
  Resource,
  Sandbox,
  SandboxLink,
  Stack,
} from './model.ts';

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

/** A platform by name. Drivers bring a data plane for those that they support; core has one for `memory`. */
export type PlatformName = 'freebsd' | 'linux' | 'memory';

/**
 * What a driver can do. The engine, the conformance kit, help and docs obey it; nobody looks for methods.
 *
 * A flag that is left out is false. A flag that a later minor version adds has a default under which drivers written
 * before it keep working as they did.
 */
export interface Capabilities {
  /**
   * The sandbox that the platform makes before the first attach: `own` a network stack of its own; `restricted` the
   * host's stack, or one that the container cannot change, where it sees only the addresses that are attached;
   * `host` the host's; `none` none at all.
   */
  readonly stack: Stack;
  /** The types of network that it connects to. Empty: none, and connecting is refused. */
  readonly networkTypes: readonly NetworkType[];
  /** The address families that it can attach. A network that has another one, too, is refused. */
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
   * Whether each endpoint has a MAC address of its own. Core then assigns one, unique in its network. Default false:
   * endpoints have none, and `--mac` is refused.
   */
  readonly mac?: boolean;
  /**
   * Whether its containers have a default route of their own, for which `gatewayPriority` matters. Default false: the
   * priority is recorded, and means nothing.
   */
  readonly gateway?: boolean;
}

/** What is wrong with a value: `path` says which, in the words of the command line. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** What the user asks for when connecting, parsed and checked for form. */
export interface EndpointRequest {
  readonly addresses: PerFamily<IpAddress>;
  readonly mac?: MacAddress;
  readonly gatewayPriority: number;
  /** The `--driver-opt` values, all known to the driver. */
  readonly options: Readonly<Record<string, string>>;
}

/** One option of a driver, as `--driver-opt NAME=VALUE` gives it. */
export interface OptionDescription {
  /** One sentence with units and default. */
  readonly description: string;
  /** What is wrong with a value, or undefined when it is fine. Pure. */
  check(value: string): string | undefined;
}

/** What a data plane is made with. A data plane uses these and no globals, so that a test can replace them. */
export interface DataPlaneDependencies {
  readonly commands: CommandRunner;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Makes a driver's data plane for one platform. Called once per command, and only when the driver is used there. */
export type DataPlaneLoader = (dependencies: DataPlaneDependencies) => Promise<DataPlane>;

/** A way for containers to reach networks. */
export interface NetworkDriver {
  /** Lower-case letters, digits and dashes; unique among all drivers. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** One loader for each platform that it supports. For `memory` core's generic one is used where none is given. */
  readonly dataPlanes: { readonly [P in PlatformName]?: DataPlaneLoader };
  /** The options that it knows, by name. Others are refused with OPTION_UNKNOWN before any method is called. */
  readonly options: Readonly<Record<string, OptionDescription>>;
  /**
   * What stands against connecting to this network in this way, beyond what `capabilities` and `options` say.
   * Pure, and called before anything is changed. The type, the families and the form of the request are checked.
   */
  validateEndpoint(network: Network, request: EndpointRequest): readonly Issue[];
}

/** Another endpoint of the same container. */
export interface SiblingEndpoint {
  readonly network: Network;
  readonly endpoint: Endpoint;
  /**
   * Whether it belongs to what the container is to have, so that a list of all its addresses includes it; false once
   * it is being disconnected. While a container starts, its endpoints are attached one after the other.
   */
  readonly attached: boolean;
}

/** All that attach, detach and observe work on. Frozen; also valid for what is long gone from the host. */
export interface AttachTarget {
  readonly container: { readonly id: string; readonly name: string };
  /** The run that the attachment belongs to; never another one's sandbox. */
  readonly runId: string;
  /** Where to attach. Named also when it does not exist, is half-made or is gone. */
  readonly sandbox: Sandbox;
  readonly network: Network;
  readonly endpoint: Endpoint;
  /** The other endpoints of the container, ordered by connection. */
  readonly siblings: readonly SiblingEndpoint[];
  /** What is recorded as made, or about to be made, for this endpoint. */
  readonly claims: readonly Resource[];
}

/** What core offers during one call. */
export interface AttachHost {
  /** Raised when the deadline is over or the user interrupts; pass it on to every command. */
  readonly signal: AbortSignal;
  /**
   * Records a resource durably. To be awaited before the command that makes it, with a name chosen by the driver.
   * Only for what `plan` could not know; each call costs a commit.
   */
  claim(resource: Resource): Promise<void>;
}

/** Whether a data plane can work on this host. */
export interface PlaneStatus {
  readonly state: 'ready' | 'degraded' | 'unavailable';
  /** What is missing and what it takes, one sentence each; empty when ready. */
  readonly reasons: readonly string[];
}

/** What a data plane finds on the host for one target. */
export interface Observation {
  readonly endpointId: string;
  /** The host's end of the endpoint, where it has one of its own. */
  readonly hostInterface?: string;
  /** Differences between target and host, one sentence each; empty when it is attached as it should be. */
  readonly problems: readonly string[];
}

/**
 * A driver on one platform.
 *
 * Calls for one container never overlap; calls for different containers do. Core guards each call with a deadline and
 * an abort signal, and turns foreign errors into DRIVER_FAILED. Throw KleenetError for what you expect.
 */
export interface DataPlane {
  /** Looks whether tools and kernel have what is needed. Changes nothing. Called before the first attach. */
  status(): Promise<PlaneStatus>;
  /**
   * The resources that `attach` will make under names known beforehand. Pure. Core records them as claims in the
   * commit that comes before `attach`.
   */
  plan(target: AttachTarget): readonly Resource[];
  /**
   * Makes the endpoint work. The sandbox exists, the network is up, the claims are recorded. The same call serves
   * the start of a container (before its command starts) and the connecting of a running one. May be repeated.
   * When it throws, core calls `detach`.
   */
  attach(target: AttachTarget, host: AttachHost): Promise<void>;
  /**
   * Removes what `attach` made, and nothing else: only what bears our mark. Idempotent: it succeeds when the sandbox,
   * the interface or both are gone, half-made or never made. Tries every step before it throws what went wrong.
   * Called before the sandbox is destroyed, and before the lease is released.
   */
  detach(target: AttachTarget, host: AttachHost): Promise<void>;
  /** Compares targets with the host. Changes nothing. One answer for each target, in their order. */
  observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]>;
}

/** Takes what a plugin offers. */
export interface Registrar {
  /** @throws KleenetError DRIVER_CONFLICT, PLUGIN_INVALID */
  register(driver: NetworkDriver): void;
}

/** The default export of a plugin's entry. */
export interface Plugin {
  /** The npm package's name. */
  readonly name: string;
  /** The major version of the contract that it was written for; see {@link API_VERSION}. */
  readonly apiVersion: number;
  /** Registers drivers. Called once, synchronously, before anything else. */
  register(registrar: Registrar): void;
}

/** Gives a plugin its type and freezes it. */
export function definePlugin(plugin: Plugin): Plugin {
  return Object.freeze(plugin);
}
