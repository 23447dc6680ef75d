/** A simulated host that passes for one of a real platform, and drivers that have a data plane for it. */
import type {
  Clock,
  DataPlaneDependencies,
  MacAddress,
  NetworkDriver,
  SandboxLink,
} from '@kleenet/core/driver';
import { createSimulatedPlatform, simulatedTestHost } from '@kleenet/core/testing';
import type {
  SimulatedPlatform,
  SimulatedState,
  SimulatedTestProcess,
  TestHost,
  TestPlatform,
  TestProcess,
} from '@kleenet/core/testing';
import type { RealPlatform } from '../../src/index.ts';

/** A driver that makes its data plane for each simulated host. */
export type SimulatedSubject = (host: SimulatedPlatform) => NetworkDriver;

/** What a process works on, by its clock: a data plane is handed no more than that. */
const platforms = new WeakMap<Clock, SimulatedPlatform>();

export function dressedAs(platform: RealPlatform): () => TestHost {
  return () => {
    const host = simulatedTestHost();
    return {
      platform,
      inspect: async () => {
        const state = await host.inspect();
        return platform === 'linux' ? withRoutes(state) : state;
      },
      tamper: (change) => host.tamper(change),
      process: (faults) => dressed(host.process(faults), platform),
      rehearsal: () => dressed(host.rehearsal(), platform),
    };
  };
}

function dressed(process: SimulatedTestProcess, name: RealPlatform): TestProcess {
  const { platform, commands } = process;
  const clock: Clock = {
    now: () => process.clock.now(),
    sleep: (milliseconds, signal) => process.clock.sleep(milliseconds, signal),
  };
  platforms.set(clock, platform);
  return {
    platform: name === 'linux' ? withLinks(platform) : platform,
    commands,
    clock,
    get steps() {
      return process.steps;
    },
  };
}

/** On Linux packets to a restricted sandbox are routed: here by the uplink of the host. */
const LINK: SandboxLink = {
  hostInterface: 'ext0',
  interface: 'eth0',
  hostMac: '02:00:00:00:00:01' as MacAddress,
  mac: '06:00:00:00:00:01' as MacAddress,
};

function withLinks({ networks, sandboxes, firewall }: SimulatedPlatform): TestPlatform {
  return {
    networks,
    firewall,
    sandboxes: {
      ...sandboxes,
      describe(container, runId) {
        const sandbox = sandboxes.describe(container, runId);
        return container.stack === 'restricted' ? { ...sandbox, link: LINK } : sandbox;
      },
    },
  };
}

/** An address on the interface of a network, which the uplink may be, stands for the route to it. */
function withRoutes(state: SimulatedState): SimulatedState {
  const networks = Object.values(state.interfaces).filter(({ owner }) => owner !== '');
  const uplink = state.interfaces['/ext0'];
  if (uplink !== undefined)
    uplink.routes = [...networks, uplink].flatMap(({ addresses }) => addresses);
  return state;
}

/** The driver with its data plane for the simulated host as one for another platform. */
export function onPlatform(subject: SimulatedSubject, platform: RealPlatform): NetworkDriver {
  return {
    ...subject(createSimulatedPlatform()),
    dataPlanes: {
      [platform]: (dependencies: DataPlaneDependencies) => {
        // Some cases only load the plane, and ask it for what depends on no host.
        const host = platforms.get(dependencies.clock) ?? createSimulatedPlatform();
        const load = subject(host).dataPlanes.memory;
        if (load === undefined) throw new TypeError('no data plane for the simulated host');
        return load(dependencies);
      },
    } satisfies NetworkDriver['dataPlanes'],
  };
}
