import { API_VERSION, definePlugin } from '@kleenet/core/driver';
import type { NetworkDriver, Plugin } from '@kleenet/core/driver';

/** What containers of this driver are and can do. On a simulated host that is all that klee needs to know. */
export const driver: NetworkDriver = Object.freeze({
  name: 'minimal',
  capabilities: Object.freeze({
    stack: 'restricted',
    networkTypes: Object.freeze(['loopback', 'bridge'] as const),
    families: Object.freeze(['ipv4', 'ipv6'] as const),
    connectWhileRunning: true,
    disconnectWhileRunning: true,
  }),
  dataPlanes: Object.freeze({}),
  options: Object.freeze({}),
  validateEndpoint: () => [],
});

const plugin: Plugin = definePlugin({
  name: 'kleenet-driver-minimal',
  apiVersion: API_VERSION,
  register(registrar) {
    registrar.register(driver);
  },
});

export default plugin;
