/** Where a driver is tried: a host of some platform, and the driver's data plane for it. */
import type {
  DataPlane,
  DataPlaneDependencies,
  NetworkDriver,
  PlatformName,
} from '@kleenet/core/driver';
import { SILENT_LOGGER, simulatedTestHost } from '@kleenet/core/testing';
import type { Fault, SimulatedPlatform, TestHost, TestProcess } from '@kleenet/core/testing';

/** The platforms whose hosts are given. */
export type RealPlatform = Exclude<PlatformName, 'memory'>;

/** All of them, in the order of the cases. */
export const REAL_PLATFORMS: readonly RealPlatform[] = ['freebsd', 'linux'];

/** A process on a host, and the driver's data plane in it. */
export interface StagedProcess {
  readonly process: TestProcess;
  readonly plane: DataPlane;
}

/** A host, and what it takes to work on it with the driver. */
export interface StagedHost {
  readonly host: TestHost;
  process(faults: readonly Fault[]): Promise<StagedProcess>;
}

/** Makes a new host. */
export type Stage = () => StagedHost;

/** The simulated host. A driver without a data plane for it gets the generic one. */
export function simulatedStage(driverOn: (host: SimulatedPlatform) => NetworkDriver): Stage {
  return () => {
    const host = simulatedTestHost();
    return {
      host,
      async process(faults) {
        const process = host.process(faults);
        const driver = driverOn(process.platform);
        const load = driver.dataPlanes.memory;
        const plane =
          load === undefined
            ? generic(process.platform, driver)
            : await load(dependencies(process));
        return { process, plane };
      },
    };
  };
}

/** Hosts of another platform. */
export function givenStage(
  driver: NetworkDriver,
  platform: RealPlatform,
  open: () => TestHost,
): Stage {
  return () => {
    const host = open();
    if (host.platform !== platform) {
      throw new TypeError(`the host that was given for ${platform} is one of ${host.platform}`);
    }
    return {
      host,
      async process(faults) {
        const load = driver.dataPlanes[platform];
        if (load === undefined) throw new TypeError(`no data plane for ${platform}`);
        const process = host.process(faults);
        return { process, plane: await load(dependencies(process)) };
      },
    };
  };
}

function generic(host: SimulatedPlatform, { name, capabilities }: NetworkDriver): DataPlane {
  const plane = host.genericDataPlane?.(capabilities);
  if (plane === undefined) throw new TypeError(`the simulated host has no data plane for ${name}`);
  return plane;
}

function dependencies({ commands, clock }: TestProcess): DataPlaneDependencies {
  return { commands, clock, logger: SILENT_LOGGER };
}
