import type { IpAddress } from '../address/types.ts';
import type { Stack } from '../model.ts';

/** An interface of the simulated host, or one inside a sandbox. */
export interface SimulatedInterface {
  readonly name: string;
  /** The sandbox that it is in; empty for the host. */
  readonly sandbox: string;
  /** The id of the object that it was made for; empty for what klee did not make. */
  readonly owner: string;
  /** The other end of a pair, as `SANDBOX/NAME`. */
  readonly peer?: string;
  bridge: string;
  mac: string;
  mtu: number;
  /** `ADDRESS/PREFIX` each. */
  addresses: string[];
}

/** A jail or namespace. */
export interface SimulatedSandbox {
  readonly runId: string;
  readonly stack: Stack;
  state: 'created' | 'running' | 'stopped';
  /** What a restricted sandbox sees. */
  addresses: IpAddress[];
  /** Interfaces that its default routes leave by, by family. */
  defaultRoutes: Record<string, string>;
}

/** Everything about a simulated host. A JSON value. */
export interface SimulatedState {
  readonly hostId: string;
  bootId: string;
  /** By `SANDBOX/NAME`. */
  interfaces: Record<string, SimulatedInterface>;
  sandboxes: Record<string, SimulatedSandbox>;
  firewall: string;
  /** By run id; survive a reboot, as files do. */
  exitStatuses: Record<string, number>;
  /** Ids of containers with files, and of images. */
  storage: string[];
  images: string[];
}

/** A host with a loopback interface, and an uplink `ext0` with 192.0.2.10/24 (TEST-NET-1 of RFC 5737). */
export function newSimulatedState(): SimulatedState {
  return {
    hostId: 'simulated-host',
    bootId: 'boot-1',
    interfaces: {
      '/lo': hostInterface('lo', ['127.0.0.1/8', '::1/128'], ''),
      '/ext0': hostInterface('ext0', ['192.0.2.10/24'], '02:00:5e:00:53:01'),
    },
    sandboxes: {},
    firewall: '',
    exitStatuses: {},
    storage: [],
    images: [],
  };
}

function hostInterface(name: string, addresses: string[], mac: string): SimulatedInterface {
  return { name, sandbox: '', owner: '', bridge: '', mac, mtu: 1500, addresses };
}

/** What a reboot leaves: files stay, the kernel forgets. */
export function rebooted(state: SimulatedState): SimulatedState {
  const foreign = Object.entries(state.interfaces).filter(([, { owner }]) => owner === '');
  return {
    ...state,
    bootId: `boot-${Number(state.bootId.slice('boot-'.length)) + 1}`,
    interfaces: Object.fromEntries(foreign),
    sandboxes: {},
    firewall: '',
  };
}

/** The key of an interface. */
export function at(sandbox: string, name: string): string {
  return `${sandbox}/${name}`;
}
