import type { Capabilities } from '@kleenet/core/driver';

/** The driver's name, as `--driver` takes it. */
export const NAME = 'vnet';

/** The capabilities of vnet; the same on every platform. */
export const CAPABILITIES: Capabilities = Object.freeze({
  stack: 'own',
  networkTypes: Object.freeze(['bridge'] as const),
  families: Object.freeze(['ipv4', 'ipv6'] as const),
  connectWhileRunning: false,
  disconnectWhileRunning: true,
  publishPorts: true,
  mac: true,
  gateway: true,
});
