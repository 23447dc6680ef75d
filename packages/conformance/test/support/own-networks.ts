/** A driver with networks of its own, which needs two bridges for each of them, and checks the host; and what it takes to break it. */
import type { DataPlane, Network, NetworkDriver } from '@kleenet/core/driver';
import type { SimulatedPlatform } from '@kleenet/core/testing';
import type { SimulatedSubject } from './dressed.ts';
import { OWN, reference } from './reference.ts';

/** One that it plans, and one that it claims on the way. */
export function needed(network: Network): readonly [Network, Network] {
  const part = (prefix: string): Network => ({
    ...network,
    id: `${prefix}${network.id}`,
    type: 'bridge',
    interface: `${prefix}${network.id}`,
    pools: {},
  });
  return [part('own'), part('tun')];
}

const claimOf = (one: Network): { kind: 'interface'; name: string } => ({
  kind: 'interface',
  name: one.interface,
});

function hooks(host: SimulatedPlatform): Partial<DataPlane> {
  return {
    planNetwork: (network) => [claimOf(needed(network)[0])],
    async networkUp(network, operation) {
      const [planned, claimed] = needed(network);
      await host.networks.up(planned, operation);
      await operation.claim(claimOf(claimed));
      await host.networks.up(claimed, operation);
    },
    async networkDown(network, operation) {
      for (const one of needed(network)) await host.networks.down(one, [], operation);
    },
    async observeNetwork(network) {
      return (await Promise.all(needed(network).map((one) => host.networks.observe(one)))).flat();
    },
    async checkEndpoint(network) {
      return missing(host, network);
    },
    async checkNetwork(network) {
      return missing(host, network);
    },
  };
}

async function missing(
  host: SimulatedPlatform,
  network: Network,
): Promise<readonly { path: string; message: string }[]> {
  const { interfaces } = await host.inspect();
  if (interfaces[`/${network.interface}`] !== undefined) return [];
  return [{ path: 'interface', message: `this host has no ${network.interface}` }];
}

/** How the hooks differ from those that work. */
export type HookChange = (
  works: Required<DataPlane>,
  host: SimulatedPlatform,
) => Partial<DataPlane>;

/** The driver, with hooks of its own and other members. */
export function withHooks(
  change: HookChange = () => ({}),
  parts: Partial<NetworkDriver> = {},
): SimulatedSubject {
  const capabilities = Object.freeze({ ...OWN, hostChecks: true });
  return (host) => ({
    ...reference(capabilities),
    networkOptions: {
      vlan: {
        description: 'Number of the VLAN. Default: none.',
        check: (value) => (/^[0-9]+$/.test(value) ? undefined : 'is not a number'),
      },
    },
    validateNetwork: ({ options }) =>
      options['vlan'] === '0' ? [{ path: 'driver-opt vlan', message: '0 is reserved' }] : [],
    dataPlanes: {
      memory: async () => {
        const plane = host.genericDataPlane?.(capabilities);
        if (plane === undefined) throw new TypeError('no generic data plane');
        const works = { ...plane, ...hooks(host) } as Required<DataPlane>;
        return { ...works, ...change(works, host) };
      },
    },
    ...parts,
  });
}
