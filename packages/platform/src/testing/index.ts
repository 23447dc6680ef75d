/**
 * For tests: a model of a FreeBSD host. It answers commands as a FreeBSD 13.2 host was recorded to do, and keeps what
 * they change. Nothing here is used by klee itself.
 */
export { createFreebsdHost } from './host.ts';
export type { FreebsdHost, FreebsdHostOptions, HostProcess } from './host.ts';
export type { HostOptions, PfReadiness } from './new-host.ts';
export type { Card, HostState } from './state.ts';
export { freebsdTestHost } from './test-host.ts';
export type { FreebsdTestHost } from './test-host.ts';
