/** A simulated host that passes for one of a real platform, and drivers that have a data plane for it. */
import type { Clock, DataPlaneDependencies, NetworkDriver } from '@kleenet/core/driver';
import { createSimulatedPlatform, simulatedTestHost } from '@kleenet/core/testing';
import type { SimulatedPlatform, SimulatedTestProcess, TestHost } from '@kleenet/core/testing';
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
      inspect: () => host.inspect(),
      tamper: (change) => host.tamper(change),
      process: (faults) => dressed(host.process(faults)),
      rehearsal: () => dressed(host.rehearsal()),
    };
  };
}

function dressed(process: SimulatedTestProcess): SimulatedTestProcess {
  const { platform, commands } = process;
  const clock: Clock = {
    now: () => process.clock.now(),
    sleep: (milliseconds, signal) => process.clock.sleep(milliseconds, signal),
  };
  platforms.set(clock, platform);
  return {
    platform,
    commands,
    clock,
    get steps() {
      return process.steps;
    },
  };
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
