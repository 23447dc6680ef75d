/** Kleenet on Linux, and the wrappers for drivers. */
export { LINUX_GUARD, createLinuxPlatform } from './platform.ts';
export type { LinuxPlatformOptions } from './platform.ts';
export { HOST_IMAGE } from '../container/layout.ts';
export { HOST_ADDRESSES, atInterface, hasIp, lookAtHost, lookInside } from './host-look.ts';
export { createHostFiles } from './host-files.ts';
export type { HostFiles } from './host-files.ts';
export {
  hostNetwork,
  ipBatch,
  ipBatchForced,
  ipRead,
  isGone,
  permanentNeighbours,
  proxied,
  readLink,
} from './ip.ts';
export { ipRemove } from './ip-removals.ts';
export type { IpBatch, IpFailure } from './ip.ts';
export { ipBatchShowing, ipLook } from './ip-look.ts';
export {
  connectedRouteLine,
  isConnectedRoute,
  isRouteTo,
  staleRouteLine,
} from './connected-routes.ts';
export type { ConnectedRoute } from './connected-routes.ts';
export { portProblems } from './firewall/endpoints.ts';
export { guardPort, hasNft, portStates, releasePort, restrictPort } from './firewall/senders.ts';
export type { GuardedPort, PortState } from './firewall/senders.ts';
export { linkGroupProblems, macFor } from './names.ts';
export { NEXT_HOPS, describeSandbox } from './sandbox-plan.ts';
export { makeNetworkStack } from './sandbox-create.ts';
export { removeNetworkStack } from './sandbox-destroy.ts';
export {
  changeInside,
  changeSysctls,
  differingSysctls,
  differingSysctlsAt,
  writeSysctls,
} from './sysctl.ts';
export type { InsideChange, Sysctl, SysctlChange } from './sysctl.ts';
