import type { DataPlaneDependencies, NetworkDriver } from '@kleenet/core/driver';
import { CAPABILITIES, NAME } from './manifest.ts';

/** Containers with their own network stack, and an interface on the bridge of each network. */
export const vnet: NetworkDriver = Object.freeze({
  name: NAME,
  capabilities: CAPABILITIES,
  dataPlanes: Object.freeze({
    freebsd: async (dependencies: DataPlaneDependencies) =>
      new (await import('./freebsd.ts')).FreebsdVnet(dependencies),
    linux: async (dependencies: DataPlaneDependencies) =>
      new (await import('./linux.ts')).LinuxVnet(dependencies),
  }),
  options: Object.freeze({}),
  validateEndpoint: () => [],
});
