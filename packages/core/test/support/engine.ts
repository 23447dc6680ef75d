import { composeEngine } from '../../src/compose.ts';
import type { Clock, CommandRunner, Logger } from '../../src/command.ts';
import { API_VERSION, definePlugin } from '../../src/driver.ts';
import type { Capabilities, NetworkDriver } from '../../src/driver.ts';
import { createNetwork, runContainer } from '../../src/engine/index.ts';
import type { CreateContainerRequest, Engine } from '../../src/engine/index.ts';
import { firewallIntents } from '../../src/firewall/intents.ts';
import type { FirewallIntents } from '../../src/firewall/intents.ts';
import { createSimulatedPlatform, inProcessStorage } from '../../src/memory/index.ts';
import type {
  HostStorage,
  SimulatedPlatform,
  SimulatedPlatformOptions,
} from '../../src/memory/index.ts';
import { MemoryLocks } from '../../src/memory-store/memory-locks.ts';
import { MemoryStore } from '../../src/memory-store/memory-store.ts';
import type { Container, Network } from '../../src/model.ts';
import type { PluginSource } from '../../src/plugin.ts';
import type { Locks, Store } from '../../src/store.ts';

/** What outlives a process: state, locks and the host. */
export interface World {
  readonly store: Store;
  readonly locks: Locks;
  readonly storage: HostStorage;
}

export function newWorld(): World {
  return { store: new MemoryStore(), locks: new MemoryLocks(), storage: inProcessStorage() };
}

export interface Process {
  readonly engine: Engine;
  readonly platform: SimulatedPlatform;
  readonly warnings: readonly string[];
}

/** A klee process in a world. */
export function newProcess(
  world: World,
  options: Pick<SimulatedPlatformOptions, 'faults'> & {
    readonly signal?: AbortSignal;
    readonly store?: Store;
    /** Default: ipnet and vnet. */
    readonly plugins?: readonly PluginSource[];
  } = {},
): Process {
  const warnings: string[] = [];
  const logger: Logger = { debug: () => undefined, warn: (message) => warnings.push(message) };
  const platform = createSimulatedPlatform({
    storage: world.storage,
    logger,
    faults: options.faults ?? [],
  });
  const engine = composeEngine({
    store: options.store ?? world.store,
    locks: world.locks,
    platform,
    commands: NO_COMMANDS,
    plugins: options.plugins ?? FIRST_PARTY,
    clock: tickingClock(),
    logger,
    signal: options.signal ?? new AbortController().signal,
    purpose: 'a test',
    patience: 2_000,
    reap: ['true'],
  });
  return { engine, platform, warnings };
}

/** What the rules of the present state are to express. */
export async function intentsOf({ platform, store }: Engine): Promise<FirewallIntents> {
  const identity = await platform.identity();
  return store.read((snapshot) => firewallIntents(snapshot, identity));
}

const NO_COMMANDS: CommandRunner = {
  read: () => Promise.reject(new Error('the simulated host has no commands')),
  change: () => Promise.reject(new Error('the simulated host has no commands')),
  foreground: () => {
    throw new Error('the simulated host has no commands');
  },
};

let ticks = Date.UTC(2026, 0, 1);

function tickingClock(): Clock {
  return {
    now: () => new Date((ticks += 1)),
    sleep: () => Promise.resolve(),
  };
}

/** A bridge, and a container of ipnet that runs on it. */
export async function runOnNetwork(
  engine: Engine,
  request: Partial<CreateContainerRequest> = {},
): Promise<{ readonly network: Network; readonly container: Container }> {
  const wanted = { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' } as const;
  const network = await createNetwork(engine, wanted);
  const { container } = await runContainer(
    engine,
    { name: 'a', image: 'host', driver: 'ipnet', networks: [{ network: 'net' }], ...request },
    'detached',
  );
  return { network, container };
}

export const RESTRICTED: Capabilities = {
  stack: 'restricted',
  networkTypes: ['loopback', 'bridge', 'custom'],
  families: ['ipv4', 'ipv6'],
  connectWhileRunning: true,
  disconnectWhileRunning: true,
  publishPorts: true,
  mac: false,
  gateway: false,
};

export const OWN: Capabilities = {
  ...RESTRICTED,
  stack: 'own',
  networkTypes: ['bridge'],
  connectWhileRunning: false,
  mac: true,
  gateway: true,
};

/** A plugin with one driver, which has the name of the second part of the plugin's. */
export function pluginSource(
  name: string,
  capabilities: Capabilities,
  dataPlanes: NetworkDriver['dataPlanes'] = {},
  platformCapabilities: NonNullable<NetworkDriver['platformCapabilities']> = {},
): PluginSource {
  return driverSource({
    name,
    capabilities,
    platformCapabilities,
    dataPlanes,
    options: {},
    validateEndpoint: () => [],
  });
}

/** A plugin with this driver, which has the name of the second part of the plugin's. */
export function driverSource(driver: NetworkDriver): PluginSource {
  const { name } = driver;
  return {
    name: `driver-${name}`,
    version: '1.0.0',
    apiVersion: API_VERSION,
    drivers: [{ name, description: '', platforms: ['memory'] }],
    load: () =>
      Promise.resolve(
        definePlugin({
          name: `driver-${name}`,
          apiVersion: API_VERSION,
          register: (r) => r.register(driver),
        }),
      ),
  };
}

const FIRST_PARTY = [pluginSource('ipnet', RESTRICTED), pluginSource('vnet', OWN)];
