import type { Family, IpAddress } from '../address/types.ts';
import type { Stack } from '../model.ts';

/**
 * The kind of an interface: on a bridge network only a `bridge` takes ports, and a `pair` is removed with its other
 * end.
 */
export type SimulatedInterfaceKind = 'loopback' | 'uplink' | 'bridge' | 'pair';

/** An interface of the simulated host, or one inside a sandbox. */
export interface SimulatedInterface {
  readonly name: string;
  readonly kind: SimulatedInterfaceKind;
  /** The sandbox that it is in; empty for the host. */
  readonly sandbox: string;
  /** The id of its owner; empty for an interface that klee did not make. */
  readonly owner: string;
  /** The other end of a pair, as `SANDBOX/NAME`. */
  readonly peer?: string;
  /** The bridge that it is a port of, or the parent interface on a network of another type; empty for none. */
  bridge: string;
  mac: string;
  mtu: number;
  /** `ADDRESS/PREFIX` each. */
  addresses: string[];
  /**
   * What else is set on it, by a name that the host chooses: flags, settings, entries of its bridge. Absent where the
   * host models none.
   */
  details?: Record<string, string>;
  /** Where routes by it lead, beside those of its own addresses: `ADDRESS/PREFIX` each. Absent where the host does not tell. */
  routes?: string[];
}

/** A jail or namespace. */
export interface SimulatedSandbox {
  readonly runId: string;
  readonly stack: Stack;
  state: 'created' | 'running' | 'stopped';
  /** The visible addresses of a restricted sandbox. */
  addresses: IpAddress[];
  /** The interfaces of its default routes, by family. */
  defaultRoutes: { [F in Family]?: string };
  /** The addresses that packets by these routes come from. Absent where the host does not tell. */
  defaultSources?: { [F in Family]?: string };
}

/** A connection that the simulated kernel tracks. */
export interface SimulatedFlow {
  readonly from: IpAddress;
  readonly to: IpAddress;
  /** The original port of the host. */
  readonly port?: number;
  /** The original address of the host, when it is translated. */
  readonly at?: IpAddress;
}

/** The whole state of a simulated host. A JSON value. */
export interface SimulatedState {
  readonly hostId: string;
  bootId: string;
  /** By `SANDBOX/NAME`. */
  interfaces: Record<string, SimulatedInterface>;
  sandboxes: Record<string, SimulatedSandbox>;
  firewall: string;
  /** Connections; the simulated host never creates one itself. */
  flows?: SimulatedFlow[];
  /** By run id; survive a reboot, like files. */
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
      '/lo': foreign({ name: 'lo', kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] }),
      '/ext0': foreign({
        name: 'ext0',
        kind: 'uplink',
        mac: '02:00:5e:00:53:01',
        addresses: ['192.0.2.10/24'],
      }),
    },
    sandboxes: {},
    firewall: '',
    exitStatuses: {},
    storage: [],
    images: [],
  };
}

/** An interface of the host that klee did not make. */
export function foreign(
  parts: Pick<SimulatedInterface, 'name' | 'kind'> & Partial<SimulatedInterface>,
): SimulatedInterface {
  return { sandbox: '', owner: '', bridge: '', mac: '', mtu: 1500, addresses: [], ...parts };
}

/** The state after a reboot: files stay, kernel state is lost. */
export function rebooted(state: SimulatedState): SimulatedState {
  const kept = Object.entries(state.interfaces).filter(([, { owner }]) => owner === '');
  return {
    ...state,
    bootId: `boot-${Number(state.bootId.slice('boot-'.length)) + 1}`,
    interfaces: Object.fromEntries(kept),
    sandboxes: {},
    firewall: '',
    ...(state.flows === undefined ? {} : { flows: [] }),
  };
}

/** The key of an interface. */
export function at(sandbox: string, name: string): string {
  return `${sandbox}/${name}`;
}
