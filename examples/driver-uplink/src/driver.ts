/** The rules of uplink: the same on every platform, and known before anything is changed. */
import type { Capabilities, NetworkDriver } from '@kleenet/core/driver';
import { NETWORK_OPTIONS } from './options.ts';

const CAPABILITIES: Capabilities = Object.freeze({
  stack: 'own',
  networkTypes: Object.freeze(['bridge'] as const),
  families: Object.freeze(['ipv4', 'ipv6'] as const),
  connectWhileRunning: true,
  disconnectWhileRunning: true,
  publishPorts: true,
  mac: true,
  gateway: true,
  // A network needs a table that leads somewhere, which only the host can tell.
  hostChecks: true,
});

export const uplink: NetworkDriver = Object.freeze({
  name: 'uplink',
  capabilities: CAPABILITIES,
  dataPlanes: Object.freeze({
    freebsd: async (dependencies) => new (await import('./freebsd.ts')).FreebsdUplink(dependencies),
    linux: async (dependencies) => new (await import('./linux.ts')).LinuxUplink(dependencies),
  } satisfies NetworkDriver['dataPlanes']),
  options: Object.freeze({}),
  networkOptions: NETWORK_OPTIONS,
  validateEndpoint: () => [],
});
