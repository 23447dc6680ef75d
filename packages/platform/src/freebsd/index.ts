/** Kleenet on FreeBSD, and the wrappers that drivers use there. */
export {
  addAddressArgv,
  bears,
  createPairArgv,
  destroyArgv,
  linkArgv,
  memberArgv,
  moveArgv,
  pairOf,
  parseInterfaces,
  readInterface,
  readInterfaces,
  removeAddressArgv,
  renameArgv,
  upArgv,
} from './ifconfig.ts';
export type { BridgeMember, Interface, InterfaceAddress, Pair } from './ifconfig.ts';
export { setAddresses } from './jail.ts';
export { jailTools } from './jexec.ts';
export type { JailTools } from './jexec.ts';
export { readJail, readJails } from './jls.ts';
export type { Jail } from './jls.ts';
export { GROUP, jailName, mark, networkInterface } from './names.ts';
export { change, read } from './run.ts';
