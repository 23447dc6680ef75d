export type { Engine } from './context.ts';
export { adoptClaims, claimedElsewhere, runningIn } from './adopt.ts';
export { systemDown, systemUp } from './boot.ts';
export { checkSystem } from './check.ts';
export { connect } from './connect.ts';
export { createContainer } from './create-container.ts';
export { createNetwork } from './create-network.ts';
export { disconnect } from './disconnect.ts';
export { containerLogs, execInContainer } from './exec-container.ts';
export type { LogOptions } from './exec-container.ts';
export { importImage, inspectImage, listImages, removeImage, requireImageName } from './images.ts';
export type { ImportImageRequest } from './images.ts';
export { tidy } from './sweep.ts';
export { systemInfo } from './info.ts';
export { networkStats } from './network-stats.ts';
export { pruneContainers, removeContainer } from './remove-container.ts';
export type { RemoveContainerOptions } from './remove-container.ts';
export { pruneNetworks, removeNetwork } from './remove-network.ts';
export { renameContainer } from './rename-container.ts';
export { repairSystem } from './repair.ts';
export { inspectContainer, inspectNetwork, listContainers, listNetworks } from './reports.ts';
export { reapRun, runContainer, startContainer } from './start-container.ts';
export { restartContainer, stopContainer } from './stop-container.ts';
export type {
  Attachment,
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
} from './requests.ts';
