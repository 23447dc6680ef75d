import type { Capabilities } from '@kleenet/core/driver';

/** The driver's name, as `--driver` takes it. */
export const NAME = 'ipnet';

/** The capabilities of ipnet; the same on every platform. */
export const CAPABILITIES: Capabilities = Object.freeze({
  stack: 'restricted',
  networkTypes: Object.freeze(['loopback', 'bridge', 'custom'] as const),
  families: Object.freeze(['ipv4', 'ipv6'] as const),
  connectWhileRunning: true,
  disconnectWhileRunning: true,
  publishPorts: true,
  mac: false,
  gateway: false,
});
