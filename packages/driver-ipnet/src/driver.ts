import type { DataPlaneDependencies, NetworkDriver } from '@kleenet/core/driver';
import { CAPABILITIES, NAME, PLATFORM_CAPABILITIES } from './manifest.ts';

/** Containers that share the host's network, and only see their own addresses. */
export const ipnet: NetworkDriver = Object.freeze({
  name: NAME,
  capabilities: CAPABILITIES,
  platformCapabilities: PLATFORM_CAPABILITIES,
  dataPlanes: Object.freeze({
    freebsd: async (dependencies: DataPlaneDependencies) =>
      new (await import('./freebsd.ts')).FreebsdIpnet(dependencies),
    linux: async (dependencies: DataPlaneDependencies) =>
      new (await import('./linux.ts')).LinuxIpnet(dependencies),
  }),
  options: Object.freeze({}),
  validateEndpoint: () => [],
});
