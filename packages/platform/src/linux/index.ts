/** Kleenet on Linux, and the wrappers that drivers use there. */
export { LINUX_GUARD, createLinuxPlatform } from './platform.ts';
export type { LinuxPlatformOptions } from './platform.ts';
export { HOST_IMAGE } from '../container/layout.ts';
export { createHostFiles } from './host-files.ts';
export type { HostFiles } from './host-files.ts';
export {
  hostNetwork,
  ipBatch,
  ipBatchForced,
  ipRead,
  ipRemove,
  isGone,
  links,
  readLink,
  routes,
} from './ip.ts';
export type { IpBatch, IpFailure, IpLink, IpLinkAddress, IpObject, IpRoute } from './ip.ts';
export { guardPort, releasePort, unguardedPorts } from './firewall/senders.ts';
export type { GuardedPort } from './firewall/senders.ts';
export { LINK_GROUP, ROUTE_PROTOCOL, endpointInterface, linkAlias, macFor } from './names.ts';
export { NEXT_HOPS } from './sandbox-plan.ts';
export { changeSysctls, differingSysctls, writeSysctls } from './sysctl.ts';
export type { Sysctl, SysctlChange } from './sysctl.ts';
