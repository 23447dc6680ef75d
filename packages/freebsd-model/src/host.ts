/** A modelled FreeBSD host that lives in this process. */
import { setImmediate } from 'node:timers/promises';
import type { Clock, CommandRunner } from '@kleenet/core';
import type { Fault } from '@kleenet/core/testing';
import { findJail } from './kernel/jails.ts';
import type { Answer, Machine } from './machine.ts';
import { ASSUMED } from './assumptions.ts';
import { newHost, restart } from './new-host.ts';
import type { HostOptions } from './new-host.ts';
import { answerOnHost } from './outside.ts';
import { Runner } from './runner.ts';
import type { HostState } from './state.ts';

export interface FreebsdHostOptions extends HostOptions {
  /** Called before each command that changes the host: concurrent changes can happen here. */
  readonly beforeChange?: (argv: readonly string[]) => void;
  /** Whether the host has this file or directory. Default: it has all. */
  readonly exists?: (path: string) => boolean;
}

/** Commands of one process on the host. */
export interface HostProcess {
  readonly commands: CommandRunner;
  /** The number of started steps: each command that changes the host is one. */
  readonly steps: number;
}

export interface FreebsdHost {
  /** The environment of the model's programs. */
  readonly machine: Machine;
  /** The whole state of the host, for reading and changing. */
  readonly state: HostState;
  /** The time of the host. A sleep returns immediately, and the time has advanced. */
  readonly clock: Clock;
  /** Commands of a process without faults. */
  readonly commands: CommandRunner;
  /** A process with its own faults, by step. */
  process(faults?: readonly Fault[]): HostProcess;
  /** Runs a command as another user of the host. */
  run(argv: readonly string[], input?: string): Answer;
  /** Reboots the kernel; files stay. */
  reboot(): void;
  /** Sets the host's clock: the kernel then reports another boot time. */
  setClock(milliseconds: number): void;
  /** Simulates TCP connections of a jail: it will stay dying for a while when it is removed. */
  linger(jail: string, milliseconds?: number): void;
}

/** 2026-01-01T00:00:00.250Z: the microseconds of the boot time are not all zero. */
const BOOTED = Date.UTC(2026, 0, 1, 0, 0, 0, 250);

export function createFreebsdHost(options: FreebsdHostOptions = {}): FreebsdHost {
  let time = BOOTED + 60_000;
  const state = newHost(BOOTED, options);
  const machine: Machine = {
    state,
    now: () => time + state.clockOffset,
    exists: options.exists ?? (() => true),
    readFile: (path) => state.files[path],
    signal: () => undefined,
  };
  const run = (argv: readonly string[], input = ''): Answer => answerOnHost(machine, argv, input);
  const process = (faults: readonly Fault[] = []): HostProcess =>
    new Runner({ run, faults, missing: state.missing, ...hookOf(options) });
  return {
    machine,
    state,
    clock: {
      now: () => new Date(machine.now()),
      async sleep(milliseconds, signal) {
        time += milliseconds;
        await setImmediate();
        signal?.throwIfAborted();
      },
    },
    commands: process().commands,
    process,
    run,
    reboot() {
      time += 30_000;
      restart(state, machine.now());
    },
    setClock(milliseconds) {
      state.clockOffset += milliseconds;
      state.bootTime += milliseconds;
    },
    linger(jail, milliseconds = ASSUMED.timeWait) {
      const found = findJail(state, jail);
      if (found === undefined) throw new TypeError(`there is no jail ${jail}`);
      found.lingersUntil = machine.now() + milliseconds;
    },
  };
}

function hookOf({ beforeChange }: FreebsdHostOptions): Pick<FreebsdHostOptions, 'beforeChange'> {
  return beforeChange === undefined ? {} : { beforeChange };
}
