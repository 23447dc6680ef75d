/** A host for testing drivers: changing it, inspecting it, and injecting faults. */
import { setImmediate } from 'node:timers/promises';
import type { Clock, CommandRunner } from '../command.ts';
import type { PlatformName } from '../driver.ts';
import { createSimulatedPlatform, inProcessStorage } from '../memory/index.ts';
import type { Fault, SimulatedPlatform, SimulatedState } from '../memory/index.ts';
import type { FirewallPlatform, NetworkPlatform, SandboxPlatform } from '../platform.ts';
import { createReplayRunner } from './command-runners.ts';

/** A host for testing drivers: the simulated one, a model of a real one, or a real one. */
export interface TestHost {
  readonly platform: PlatformName;
  /** What it is, for people: `Linux 6.1.0, in namespaces of its own`. Absent for the simulated host. */
  readonly title?: string;
  /** For a model: what its answers rest on, and what it cannot prove. For people, in one line. Absent for other hosts. */
  readonly basis?: string;
  /**
   * Whether it is a real one, where each step takes time: faults are then tried with all address families together, and
   * not with each one alone, too. Default false.
   */
  readonly real?: boolean;
  /** A process that works on the host, with faults by step: each change of the host is one step, counted from 1. */
  process(faults?: readonly Fault[]): TestProcess;
  /** A process that is a dry run. Absent where suppressing changing commands is enough. */
  rehearsal?(): TestProcess;
  /** A copy of the whole host. */
  inspect(): Promise<SimulatedState>;
  /** Changes the host behind klee's back. */
  tamper(change: (state: SimulatedState) => void): Promise<void>;
}

/**
 * What klee itself does on a host around a driver: the part of a platform that makes the state in which `attach` is
 * called.
 */
export interface TestPlatform {
  readonly networks: Pick<NetworkPlatform, 'up' | 'down'>;
  readonly sandboxes: Pick<
    SandboxPlatform,
    'describe' | 'createStorage' | 'create' | 'start' | 'stop' | 'destroy'
  >;
  readonly firewall: Pick<FirewallPlatform, 'status' | 'render' | 'apply'>;
}

/** One process: all its effects on the host go through these members. */
export interface TestProcess {
  readonly platform: TestPlatform;
  readonly commands: CommandRunner;
  /** The time of the host. A sleep returns immediately, and the time has advanced. */
  readonly clock: Clock;
  /** How many steps were begun. */
  readonly steps: number;
}

/** The simulated host. Its processes have its platform, and no commands. */
export interface SimulatedTestHost extends TestHost {
  process(faults?: readonly Fault[]): SimulatedTestProcess;
  /** A process that is a dry run: no step of it takes effect. */
  rehearsal(): SimulatedTestProcess;
}

/** A process on the simulated host. */
export interface SimulatedTestProcess extends TestProcess {
  readonly platform: SimulatedPlatform;
}

/** Makes a new simulated host that lives in this process. */
export function simulatedTestHost(): SimulatedTestHost {
  const storage = inProcessStorage();
  const clock = impatientClock();
  return {
    platform: 'memory',
    process: (faults = []) => simulatedProcess(createSimulatedPlatform({ storage, faults }), clock),
    rehearsal: () =>
      simulatedProcess(createSimulatedPlatform({ storage, rehearse: () => undefined }), clock),
    inspect: () => storage.read((state) => state),
    tamper: (change) => storage.transact(change),
  };
}

function simulatedProcess(platform: SimulatedPlatform, clock: Clock): SimulatedTestProcess {
  return {
    platform,
    commands: createReplayRunner([]),
    clock,
    get steps() {
      return platform.steps;
    },
  };
}

function impatientClock(): Clock {
  let time = Date.parse('2026-01-01T00:00:00.000Z');
  return {
    now: () => new Date(time),
    async sleep(milliseconds, signal) {
      time += milliseconds;
      await setImmediate();
      signal?.throwIfAborted();
    },
  };
}
