/**
 * Core of Kleenet, for the packages of this repository. Authors of drivers import `@kleenet/core/driver`,
 * `@kleenet/core/errors` and `@kleenet/core/testing`, and nothing else.
 */
export { ERROR_CODES, KleenetError, hasCode, isKleenetError } from './errors.ts';
export type { ErrorCode, ErrorKind, ErrorOptions } from './errors.ts';
export { containsCidr } from './address/cidr.ts';
export { FAMILIES } from './address/types.ts';
export type { Cidr, Family, IpAddress, MacAddress, PerFamily } from './address/types.ts';
export type * from './model.ts';
export { CLAIM_FORMAT, NETWORK_TYPES } from './model.ts';
export type * from './store.ts';
export type * from './command.ts';
export { API_VERSION, definePlugin } from './driver.ts';
export type {
  AttachHost,
  AttachTarget,
  Capabilities,
  DataPlane,
  DataPlaneDependencies,
  DataPlaneLoader,
  EndpointRequest,
  Issue,
  NetworkDriver,
  Observation,
  OptionDescription,
  PlaneStatus,
  PlatformName,
  Plugin,
  Registrar,
  SiblingEndpoint,
} from './driver.ts';
export type * from './platform.ts';
export { firewallIntents } from './firewall/intents.ts';
export type { FirewallIntents, NetworkIntent, PublishIntent } from './firewall/intents.ts';
export { composeEngine } from './compose.ts';
export type { EngineParts } from './compose.ts';
export { DriverRegistry } from './registry.ts';
export type { DriverManifest, ListedDriver, PluginSource, RejectedPlugin } from './registry.ts';
export {
  checkSystem,
  connect,
  containerLogs,
  createContainer,
  createNetwork,
  disconnect,
  execInContainer,
  importImage,
  inspectContainer,
  inspectImage,
  inspectNetwork,
  listContainers,
  listImages,
  listNetworks,
  networkStats,
  pruneContainers,
  pruneNetworks,
  reapRun,
  removeContainer,
  removeImage,
  removeNetwork,
  renameContainer,
  repairSystem,
  restartContainer,
  runContainer,
  startContainer,
  stopContainer,
  systemDown,
  systemInfo,
  systemUp,
} from './engine/index.ts';
export type * from './engine/index.ts';
export { createSimulatedPlatform, fileStorage } from './memory/index.ts';
export type {
  FileStorageOptions,
  HostStorage,
  SimulatedPlatform,
  SimulatedPlatformOptions,
} from './memory/index.ts';
