/** Drivers that keep the contract, and what it takes to break them. */
import type {
  Capabilities,
  DataPlane,
  DataPlaneDependencies,
  NetworkDriver,
} from '@kleenet/core/driver';
import type { SimulatedPlatform } from '@kleenet/core/testing';
import type { Subject } from '../../src/index.ts';
import type { SimulatedSubject } from './dressed.ts';

const BOTH = Object.freeze(['ipv4', 'ipv6'] as const);

export const OWN: Capabilities = Object.freeze({
  stack: 'own',
  networkTypes: Object.freeze(['bridge'] as const),
  families: BOTH,
  connectWhileRunning: true,
  disconnectWhileRunning: true,
  publishPorts: true,
  mac: true,
  gateway: true,
});

export const RESTRICTED: Capabilities = Object.freeze({
  ...OWN,
  stack: 'restricted',
  networkTypes: Object.freeze(['loopback', 'bridge', 'custom'] as const),
  mac: false,
  gateway: false,
});

/** A driver that leaves all work to the simulated host. */
export function reference(capabilities: Capabilities): NetworkDriver {
  return {
    name: 'reference',
    capabilities,
    dataPlanes: {},
    options: {
      color: {
        description: 'What color its packets have. Default: green.',
        check: (value) => (value === 'green' ? undefined : 'only green is known'),
      },
    },
    validateEndpoint: (_network, { addresses }) =>
      Object.keys(addresses).length > 0 ? [] : [{ path: 'ip', message: 'an address is needed' }],
  };
}

/** The reference driver with some members of its own. */
export function withDriver(parts: Partial<NetworkDriver>): Subject {
  return { ...reference(OWN), ...parts };
}

/** How a data plane differs from one that works. */
export type Change = (
  plane: DataPlane,
  host: SimulatedPlatform,
  dependencies: DataPlaneDependencies,
) => Partial<DataPlane>;

/** The reference driver with a data plane of its own, made from the one that works. */
export function withPlane(change: Change, capabilities: Capabilities = OWN): SimulatedSubject {
  return (host) => ({
    ...reference(capabilities),
    dataPlanes: {
      memory: async (dependencies) => {
        const plane = host.genericDataPlane?.(capabilities);
        if (plane === undefined) throw new TypeError('no generic data plane');
        return { ...plane, ...change(plane, host, dependencies) };
      },
    },
  });
}
