import type { Capabilities, NetworkDriver } from '@kleenet/core/driver';

/** The driver's name, as `--driver` takes it. */
export const NAME = 'ipnet';

/** The capabilities of ipnet containers, where a platform does not differ. */
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

/** On Linux each container has a default route of its own. On FreeBSD it uses the routes of the host. */
export const PLATFORM_CAPABILITIES: NonNullable<NetworkDriver['platformCapabilities']> =
  Object.freeze({ linux: Object.freeze({ gateway: true }) });
