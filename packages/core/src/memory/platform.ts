import type { Logger } from '../command.ts';
import { ADDRESS_BITS, numberOf } from '../address/arithmetic.ts';
import {
  familyOf,
  fromNumber,
  parseCidr,
  parseIpAddress,
  parseMacAddress,
} from '../address/index.ts';
import type { Cidr } from '../address/types.ts';
import type { HostAddress, HostNetwork, Platform } from '../platform.ts';
import { genericDataPlane } from './data-plane.ts';
import type { Fault } from './faults.ts';
import { simulatedFirewall } from './firewall.ts';
import { simulatedImages } from './images.ts';
import { simulatedNetworks } from './networks.ts';
import { removeResources } from './resources.ts';
import { simulatedSandboxes } from './sandboxes.ts';
import { rebooted } from './state.ts';
import type { SimulatedState } from './state.ts';
import { Steps } from './steps.ts';
import { inProcessStorage } from './storage.ts';
import type { HostStorage } from './storage.ts';

/** Parameters of a simulated host. */
export interface SimulatedPlatformOptions {
  /** Default: a new host that lives in this process. */
  readonly storage?: HostStorage;
  readonly logger?: Logger;
  /** Injected faults, by step. Default: none. */
  readonly faults?: readonly Fault[];
  /** For dry runs: receives each step, and none takes effect. */
  readonly rehearse?: (step: string) => void;
}

/** The simulated platform, with access from outside for tests. */
export interface SimulatedPlatform extends Platform {
  /** How many steps were begun. */
  readonly steps: number;
  /** A copy of the whole host. */
  inspect(): Promise<SimulatedState>;
  /** Changes the host behind klee's back. */
  tamper(change: (state: SimulatedState) => void): Promise<void>;
  /** Simulates a reboot: files stay, kernel state is lost. */
  reboot(): Promise<void>;
}

/** A host that exists only as data: it needs no privilege, and changes nothing outside itself. */
export function createSimulatedPlatform(options: SimulatedPlatformOptions = {}): SimulatedPlatform {
  const { storage = inProcessStorage(), logger = SILENT, faults = [], rehearse } = options;
  const steps = new Steps({
    storage,
    logger,
    faults,
    ...(rehearse === undefined ? {} : { rehearse }),
  });
  return {
    name: 'memory',
    get steps() {
      return steps.taken;
    },
    inspect: () => storage.read((state) => state),
    tamper: (change) => storage.transact(change),
    reboot: () =>
      storage.transact((state) => {
        Object.assign(state, rebooted(state));
      }),
    identity: () =>
      steps.look(({ hostId, bootId }) => ({
        platform: 'memory',
        hostId,
        bootId,
        commandPrefix: [],
      })),
    facts: () =>
      Promise.resolve({
        platform: 'memory',
        release: 'simulated',
        runtime: { name: 'none', version: '', reason: 'simulated containers run no programs' },
        status: { state: 'ready', reasons: [] },
        firewall: { state: 'ready', reasons: [] },
      }),
    network: () => steps.look(hostNetwork),
    listeners: () => Promise.resolve([]),
    requirePrivilege: () => Promise.resolve(),
    removeResources: (resources, { signal }) => removeResources(steps, resources, signal),
    genericDataPlane: (capabilities) => genericDataPlane(steps, capabilities),
    networks: simulatedNetworks(steps),
    sandboxes: simulatedSandboxes(steps),
    images: simulatedImages(steps),
    firewall: simulatedFirewall(steps),
  };
}

const SILENT: Logger = { debug: () => undefined, warn: () => undefined };

function hostNetwork(state: SimulatedState): HostNetwork {
  const interfaces = Object.values(state.interfaces).filter(({ sandbox }) => sandbox === '');
  const addresses = interfaces.flatMap(({ name, addresses: held }) =>
    held.map((text) => hostAddress(name, text)),
  );
  const routes = addresses
    .filter(({ interface: name }) => name !== 'lo')
    .map((held) => ({ destination: subnetOf(held), interface: held.interface }));
  return {
    interfaces: interfaces.map(({ name }) => name),
    addresses,
    macs: interfaces.flatMap(({ name, mac }) =>
      mac === '' ? [] : [{ interface: name, mac: parseMacAddress(mac) }],
    ),
    routes: async () => routes,
  };
}

function hostAddress(name: string, text: string): HostAddress {
  const [address = '', prefix = ''] = text.split('/');
  return { interface: name, address: parseIpAddress(address), prefix: Number(prefix) };
}

function subnetOf({ address, prefix }: HostAddress): Cidr {
  const family = familyOf(address);
  const hostBits = BigInt(ADDRESS_BITS[family] - prefix);
  return parseCidr(`${fromNumber(family, (numberOf(address) >> hostBits) << hostBits)}/${prefix}`);
}
