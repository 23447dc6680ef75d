/** The stage of a test: a host of some platform, and the driver's data plane for it. */
import { capabilitiesOn } from '@kleenet/core/driver';
import type {
  CommandRunner,
  DataPlane,
  DataPlaneDependencies,
  NetworkDriver,
  PlatformName,
} from '@kleenet/core/driver';
import { SILENT_LOGGER, simulatedTestHost } from '@kleenet/core/testing';
import type {
  Fault,
  SimulatedPlatform,
  SimulatedTestProcess,
  TestHost,
  TestProcess,
} from '@kleenet/core/testing';
import { asDriver, asHost } from './watching/own-effects.ts';
import type { Reads } from './reads.ts';

/** The platforms of the given hosts. */
export type RealPlatform = Exclude<PlatformName, 'memory'>;

/** All of them, in the order of the cases. */
export const REAL_PLATFORMS: readonly RealPlatform[] = ['freebsd', 'linux'];

/** A process on a host, and the driver's data plane in it. */
export interface StagedProcess {
  readonly process: TestProcess;
  readonly plane: DataPlane;
  readonly reads: Reads;
}

/** A host, and the tools to work on it with the driver. */
export interface StagedHost {
  readonly host: TestHost;
  process(faults: readonly Fault[], reads: Reads): Promise<StagedProcess>;
  /** A process that is a dry run: its actions have no effect. */
  rehearsal(reads: Reads): Promise<StagedProcess>;
}

/** Makes a new host. */
export type Stage = () => StagedHost;

/** The simulated host. A driver without a data plane for it gets the generic one. */
export function simulatedStage(driverOn: (host: SimulatedPlatform) => NetworkDriver): Stage {
  return () => {
    const host = simulatedTestHost();
    const staged = async (process: SimulatedTestProcess, reads: Reads): Promise<StagedProcess> => {
      const driver = driverOn(process.platform);
      const load = driver.dataPlanes.memory;
      const plane =
        load === undefined
          ? generic(process.platform, driver)
          : await asDriver(() => load(dependencies(process, reads)));
      return { process, plane: driven(plane), reads };
    };
    return {
      host,
      process: (faults, reads) => staged(host.process(faults), reads),
      rehearsal: (reads) => staged(host.rehearsal(), reads),
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
    const staged = async (process: TestProcess, reads: Reads): Promise<StagedProcess> => {
      const load = driver.dataPlanes[platform];
      if (load === undefined) throw new TypeError(`no data plane for ${platform}`);
      const plane = await asDriver(() => load(dependencies(process, reads)));
      return { process, plane: driven(plane), reads };
    };
    return {
      host,
      process: (faults, reads) => staged(host.process(faults), reads),
      rehearsal: (reads) => staged(host.rehearsal?.() ?? withoutEffect(host.process()), reads),
    };
  };
}

/** Like klee's own dry run: commands that change something are not run, and report success. */
function withoutEffect(process: TestProcess): TestProcess {
  const done = { status: 0, stdout: '', stderr: '' };
  const { platform, commands, clock } = process;
  return {
    platform,
    clock,
    commands: {
      read: (argv, options) => commands.read(argv, options),
      change: () => Promise.resolve(done),
      foreground: (argv, options) => commands.foreground(argv, options),
    },
    get steps() {
      return process.steps;
    },
  };
}

function generic(host: SimulatedPlatform, driver: NetworkDriver): DataPlane {
  const plane = host.genericDataPlane?.(capabilitiesOn(driver, 'memory'));
  if (plane === undefined)
    throw new TypeError(`the simulated host has no data plane for ${driver.name}`);
  return plane;
}

function dependencies({ commands, clock }: TestProcess, reads: Reads): DataPlaneDependencies {
  return { commands: reads.through(onHost(commands)), clock, logger: SILENT_LOGGER };
}

/** What commands do is not done by the driver. */
function onHost(commands: CommandRunner): CommandRunner {
  return {
    read: (argv, options) => asHost(() => commands.read(argv, options)),
    change: (argv, options) => asHost(() => commands.change(argv, options)),
    foreground: (argv, options) => asHost(() => commands.foreground(argv, options)),
  };
}

/** Every method that the plane has. Not a proxy for the plane itself, which may be frozen. */
function driven(plane: DataPlane): DataPlane {
  return new Proxy({} as DataPlane, {
    get(_, name) {
      const member: unknown = Reflect.get(plane, name);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]): unknown =>
        asDriver(() => Reflect.apply(member, plane, given) as unknown);
    },
    has: (_, name) => name in plane,
  });
}
