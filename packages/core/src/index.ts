/**
 * Core of Kleenet, for the packages of this repository. Authors of drivers only import `@kleenet/core/driver`,
 * `@kleenet/core/errors` and `@kleenet/core/testing`.
 */
export { ERROR_CODES, KleenetError, hasCode, isKleenetError } from './errors.ts';
export type { ErrorCode, ErrorKind, ErrorOptions } from './errors.ts';
export { contains, containsCidr, hostCidr, overlaps, prefixLength } from './address/cidr.ts';
export { familyOf } from './address/ip.ts';
export { FAMILIES } from './address/types.ts';
export { randomHex, sha256 } from './digest.ts';
export { parseList, parseObject } from './json.ts';
export type { Cidr, Family, IpAddress, MacAddress, PerFamily } from './address/types.ts';
export type {
  Claim,
  Container,
  Endpoint,
  HostIdentity,
  Image,
  Lease,
  Lifecycle,
  Mount,
  Network,
  NetworkType,
  Owner,
  Pool,
  PublishedPort,
  Resource,
  RestartPolicy,
  Run,
  Sandbox,
  SandboxLink,
  Stack,
} from './model.ts';
export { CLAIM_FORMAT, NETWORK_TYPES } from './model.ts';
export type { KnownResource } from './resource.ts';
export { knownResource, missingDetails, resourceName } from './resource.ts';
export type {
  ClaimReads,
  ClaimWrites,
  EndpointReads,
  MemberReads,
  LeaseReads,
  LeaseWrites,
  Lock,
  LockMode,
  LockRequest,
  Locks,
  NamedReadTable,
  PoolKey,
  ReadTable,
  RunReads,
  RunWrites,
  Snapshot,
  Span,
  Store,
  Transaction,
  Writes,
} from './store.ts';
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
export { API_VERSION, capabilitiesOn, definePlugin } from './driver.ts';
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
  Operation,
  OptionDescription,
  PlaneStatus,
  PlatformName,
  Plugin,
  Registrar,
  SiblingEndpoint,
} from './driver.ts';
export type {
  HostsFile,
  CallerTerminal,
  ExecRequest,
  FirewallPlatform,
  Flows,
  HostAddress,
  HostMac,
  LogsOptions,
  HostsEntry,
  HostListener,
  HostNetwork,
  HostRoute,
  ImagePlatform,
  ClaimedNetwork,
  ImageSource,
  Launch,
  NetworkPlatform,
  Platform,
  PlatformFacts,
  SandboxPlatform,
  SandboxSpec,
  SandboxState,
  Started,
} from './platform.ts';
export { firewallIntents } from './firewall/intents.ts';
export { networkIntent } from './firewall/intents.ts';
export type { FirewallIntents, NetworkIntent, PublishIntent } from './firewall/intents.ts';
export { composeEngine } from './compose.ts';
export type { EngineParts } from './compose.ts';
export { BUILTIN_PLUGIN } from './builtin/drivers.ts';
export type { CheckedDriver, DriverOrigin } from './guard/index.ts';
export type { DriverManifest, PluginSource } from './plugin.ts';
export { DriverRegistry } from './registry.ts';
export type { ListedDriver, RegistryOptions, RejectedPlugin } from './registry.ts';
export {
  adoptClaims,
  checkSystem,
  claimedElsewhere,
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
  removeContainers,
  removeImage,
  removeNetwork,
  removeNetworks,
  renameContainer,
  repairSystem,
  requireImageName,
  restartContainer,
  runContainer,
  runningIn,
  startContainer,
  stopContainer,
  stopContainers,
  systemDown,
  systemInfo,
  systemUp,
  tidy,
} from './engine/index.ts';
export type {
  ConnectRequest,
  ContainerReport,
  ContainerState,
  CreateContainerRequest,
  CreateNetworkRequest,
  DisconnectRequest,
  EndpointOptions,
  EndpointReport,
  Engine,
  ExecContainerRequest,
  Finding,
  ImageReport,
  ImportImageRequest,
  LogOptions,
  NetworkReport,
  Outcome,
  PoolReport,
  RemoveContainerOptions,
  RepairReport,
  StartedContainer,
  StreamMode,
  SystemReport,
  Tell,
} from './engine/index.ts';
export { gatewayAddresses, inFamilyOrder, settleAll, tryAll } from './kit/index.ts';
export type { GatewayAddress } from './kit/index.ts';
export { createSimulatedPlatform, fileStorage } from './memory/index.ts';
export type {
  FileStorageOptions,
  HostStorage,
  SimulatedPlatform,
  SimulatedPlatformOptions,
} from './memory/index.ts';
