/** A simulated host that passes for one of FreeBSD, and drivers that have a data plane for it. */
import type { CommandRunner, DataPlane, NetworkDriver } from '@kleenet/core/driver';
import { simulatedTestHost } from '@kleenet/core/testing';
import type { SimulatedPlatform, SimulatedTestProcess, TestHost } from '@kleenet/core/testing';

/** What a process's commands work on: all that a data plane of a real platform is handed. */
const platforms = new WeakMap<CommandRunner, SimulatedPlatform>();

export function dressedAsFreebsd(): TestHost {
  const host = simulatedTestHost();
  const dressed = (process: SimulatedTestProcess): SimulatedTestProcess => {
    platforms.set(process.commands, process.platform);
    return process;
  };
  return {
    platform: 'freebsd',
    inspect: () => host.inspect(),
    tamper: (change) => host.tamper(change),
    process: (faults) => dressed(host.process(faults)),
    rehearsal: () => dressed(host.rehearsal()),
  };
}

/** How a driver's data plane for FreeBSD differs from one that works. */
export type Change = (plane: DataPlane, host: SimulatedPlatform) => Partial<DataPlane>;

export function onFreebsd(driver: NetworkDriver, change: Change = () => ({})): NetworkDriver {
  return {
    ...driver,
    dataPlanes: {
      freebsd: async ({ commands }) => {
        const host = platforms.get(commands);
        const plane = host?.genericDataPlane?.(driver.capabilities);
        // Some cases only load the plane, and ask it for what depends on no host.
        if (host === undefined || plane === undefined) return withoutHost(driver);
        return { ...plane, ...change(plane, host) };
      },
    },
  };
}

function withoutHost({ capabilities }: NetworkDriver): DataPlane {
  const plane = simulatedTestHost().process().platform.genericDataPlane?.(capabilities);
  if (plane === undefined) throw new TypeError('no generic data plane');
  return plane;
}
