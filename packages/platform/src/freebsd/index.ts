/** Kleenet on FreeBSD, and the wrappers for drivers. */
export { createFreebsdPlatform } from './platform.ts';
export type { FreebsdPlatformOptions } from './platform.ts';
export { readStaticAddresses } from './bridge-table.ts';
export type { StaticAddress } from './bridge-table.ts';
export type { FailureReason } from './failures.ts';
export { unguardedProblem } from './firewall/endpoints.ts';
export { guardEndpoint, releaseEndpoint, unguardedEndpoints } from './firewall/guard.ts';
export { lookForLeft, silenceAddresses } from './firewall/left.ts';
export {
  addAddressArgv,
  bears,
  createPairArgv,
  destroyArgv,
  isQuiet,
  linkArgv,
  memberArgv,
  moveArgv,
  pairOf,
  parseInterfaces,
  quietArgv,
  readInterface,
  readInterfaces,
  removeAddressArgv,
  renameArgv,
} from './ifconfig.ts';
export type { Interface, InterfaceAddress, Pair } from './ifconfig.ts';
export { setAddresses, setAddressesArgv } from './jail.ts';
export { jailTools } from './jexec.ts';
export type { JailTools } from './jexec.ts';
export { readJails } from './jls.ts';
export type { Jail } from './jls.ts';
export { hasModule, loadModule } from './kld.ts';
export { mark } from './names.ts';
export { addDefaultRouteArgv, deleteDefaultRouteArgv, parseDefaultRoute } from './route.ts';
export type { DefaultRoute } from './route.ts';
export { change, changeInOrder, read } from './run.ts';
export { readSysctl } from './sysctl.ts';
export { twinNames, twinOf } from './twins.ts';
