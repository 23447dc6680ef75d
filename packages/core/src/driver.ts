/**
 * The contract between core and network drivers: everything that the author of a driver implements or is handed.
 * Types, {@link definePlugin}, and pure helpers for what every driver has to tell a host: addresses, default routes, and
 * clean-up that tries everything. What crosses this border is frozen data that can be written as JSON.
 */
import type { Capabilities, PlatformName } from './contract/capabilities.ts';
import type { DataPlaneLoader } from './contract/data-plane.ts';
import type { EndpointRequest, Issue, OptionDescription } from './contract/requests.ts';
import type { Network } from './model.ts';

export type { Capabilities, PlatformName } from './contract/capabilities.ts';
export type {
  AttachHost,
  AttachTarget,
  CheckOptions,
  DataPlane,
  DataPlaneDependencies,
  DataPlaneLoader,
  EndpointFirewall,
  NetworkOperation,
  Observation,
  Operation,
  PlaneStatus,
  SiblingEndpoint,
} from './contract/data-plane.ts';
export type { EndpointRequest, Issue, OptionDescription } from './contract/requests.ts';
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
