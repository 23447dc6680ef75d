export type { Engine } from './context.ts';
export { adoptClaims, claimedElsewhere, runningIn } from './use-cases/adopt.ts';
export { systemDown, systemUp } from './use-cases/boot.ts';
export { checkSystem } from './use-cases/check.ts';
export { connect } from './use-cases/connect.ts';
export { createContainer } from './use-cases/create-container.ts';
export { createNetwork } from './use-cases/create-network.ts';
export { disconnect } from './use-cases/disconnect.ts';
export { containerLogs, execInContainer } from './use-cases/exec-container.ts';
export type { LogOptions } from './use-cases/exec-container.ts';
export { importImage, removeImage, requireImageName } from './use-cases/images.ts';
export type { ImportImageRequest } from './use-cases/images.ts';
export type { Outcome, Tell } from './records/outcomes.ts';
export { tidy } from './lifecycle/tidy.ts';
export { systemInfo } from './use-cases/info.ts';
export { networkStats } from './use-cases/network-stats.ts';
export {
  pruneContainers,
  removeContainer,
  removeContainers,
} from './use-cases/remove-container.ts';
export type { RemoveContainerOptions } from './use-cases/remove-container.ts';
export { pruneNetworks, removeNetwork, removeNetworks } from './use-cases/remove-network.ts';
export { renameContainer } from './use-cases/rename-container.ts';
export { repairSystem } from './use-cases/repair.ts';
export {
  inspectContainer,
  inspectImage,
  inspectNetwork,
  listContainers,
  listImages,
  listNetworks,
} from './use-cases/reports.ts';
export { reapRun, runContainer, startContainer } from './use-cases/start-container.ts';
export { restartContainer, stopContainer, stopContainers } from './use-cases/stop-container.ts';
export type {
  StreamMode,
  ConnectRequest,
  ContainerReport,
  ContainerState,
  CreateContainerRequest,
  CreateNetworkRequest,
  DisconnectRequest,
  EndpointOptions,
  EndpointReport,
  ExecContainerRequest,
  Finding,
  ImageReport,
  NetworkReport,
  PoolReport,
  RepairReport,
  StartedContainer,
  SystemReport,
} from './requests/requests.ts';
