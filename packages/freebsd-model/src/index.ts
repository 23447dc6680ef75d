/**
 * For the tests of drivers, and of klee itself: a model of a FreeBSD host. It answers commands as hosts of FreeBSD 13.2
 * and 15.1 were recorded to do, and keeps what they change. `klee plugin test` tries drivers on it.
 */
export { createFreebsdHost } from './host.ts';
export type { FreebsdHost, FreebsdHostOptions, HostProcess } from './host.ts';
export type { HostOptions, PfReadiness } from './new-host.ts';
export type { Card, HostState } from './state.ts';
export { freebsdTestHost } from './test-host.ts';
export type { FreebsdTestHost, FreebsdTestProcess } from './test-host.ts';
