/**
 * For the tests of drivers: a real Linux host, in network and mount namespaces of its own. `klee plugin test` tries
 * drivers on it.
 */
export { linuxHosts, linuxTestHost } from './host.ts';
export { inNamespaces, isInNamespaces, isUserNamespace } from './namespaces.ts';
