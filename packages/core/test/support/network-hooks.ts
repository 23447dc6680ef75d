/** A driver that makes two interfaces for each of its networks: one that it plans, and one that it claims on the way. */
import type { DataPlane, NetworkDriver } from '../../src/driver.ts';
import { createSimulatedPlatform } from '../../src/memory/index.ts';
import type { Network, Resource } from '../../src/model.ts';
import type { PluginSource } from '../../src/plugin.ts';
import { OWN, driverSource } from './engine.ts';
import type { World } from './engine.ts';

/** What a test asks for beside. */
export interface Wishes {
  /** Told of each call: `up net`. It may throw. */
  readonly told?: (call: string) => Promise<void> | void;
  /** Planned beside, and never made. */
  readonly planned?: readonly Resource[];
  readonly driver?: Partial<NetworkDriver>;
  readonly plane?: Partial<DataPlane>;
}

export const PLANNED = 'lab0';
export const CLAIMED = 'lab1';

/** Its names on the host: each network has its own. */
export function interfaceOf(prefix: string, { id }: Network): string {
  return `${prefix}-${id.slice(0, 8)}`;
}

export function labIn(world: World, wishes: Wishes = {}): PluginSource {
  const { told = () => undefined, planned = [], driver = {}, plane = {} } = wishes;
  const platform = createSimulatedPlatform({ storage: world.storage });
  const make = (network: Network, name: string): Promise<void> =>
    platform.tamper(({ interfaces }) => {
      if (interfaces[`/${network.interface}`] === undefined)
        throw new Error(`the interface of ${network.name} is not there`);
      interfaces[`/${name}`] = { ...INTERFACE, addresses: [], name, owner: network.id };
    });
  const remove = (name: string): Promise<void> =>
    platform.tamper(({ interfaces }) => {
      delete interfaces[`/${name}`];
    });
  const hooks: Partial<DataPlane> = {
    planNetwork: (network) => [
      { kind: 'interface', name: interfaceOf(PLANNED, network) },
      ...planned,
    ],
    async networkUp(network, operation) {
      await told(`up ${network.name}`);
      await make(network, interfaceOf(PLANNED, network));
      await operation.claim({ kind: 'interface', name: interfaceOf(CLAIMED, network) });
      await make(network, interfaceOf(CLAIMED, network));
    },
    async networkDown(network, { claims }) {
      await told(`down ${network.name}`);
      for (const { kind, name } of claims) if (kind === 'interface') await remove(name);
    },
    async observeNetwork(network) {
      const { interfaces } = await platform.inspect();
      return [PLANNED, CLAIMED]
        .map((prefix) => interfaceOf(prefix, network))
        .filter((name) => interfaces[`/${name}`] === undefined)
        .map((name) => `${name} is missing`);
    },
  };
  return driverSource({
    name: 'lab',
    capabilities: OWN,
    options: {},
    networkOptions: { vlan: { description: 'Any. Default: none.', check: () => undefined } },
    validateEndpoint: () => [],
    dataPlanes: {
      memory: async () => {
        const generic = platform.genericDataPlane?.(OWN);
        if (generic === undefined) throw new TypeError('no generic data plane');
        return { ...generic, ...hooks, ...plane };
      },
    },
    ...driver,
  });
}

const INTERFACE = {
  kind: 'pair',
  sandbox: '',
  bridge: '',
  mac: '',
  mtu: 1500,
} as const;
