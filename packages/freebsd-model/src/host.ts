/** A modelled FreeBSD host that lives in this process. */
import { setImmediate } from 'node:timers/promises';
import type { Clock, CommandRunner } from '@kleenet/core';
import type { Fault } from '@kleenet/core/testing';
import { findJail } from './kernel/jails.ts';
import type { Answer, Machine } from './machine.ts';
import { ASSUMED } from './assumptions.ts';
import { newHost, restart } from './new-host.ts';
import type { HostOptions } from './new-host.ts';
import { answerOutside } from './outside.ts';
import { Runner } from './runner.ts';
import type { HostState } from './state.ts';
import { follow } from './tasks.ts';

export interface FreebsdHostOptions extends HostOptions {
  /** Is called before each command that changes the host: a place for others who work on it, too. */
  readonly beforeChange?: (argv: readonly string[]) => void;
  /** Whether the host has this file or directory. Default: it has all. */
  readonly exists?: (path: string) => boolean;
}

/** Commands of one process on the host. */
export interface HostProcess {
  readonly commands: CommandRunner;
  /** How many steps were begun: each command that changes the host is one. */
  readonly steps: number;
}

export interface FreebsdHost {
  /** What programs of the model work on. */
  readonly machine: Machine;
  /** All that the host remembers, for looking at and for changing. */
  readonly state: HostState;
  /** Time as it passes on the host. Whoever sleeps is woken at once, and finds that the time has passed. */
  readonly clock: Clock;
  /** Those of a process in which nothing goes wrong. */
  readonly commands: CommandRunner;
  /** A process of its own, with what goes wrong in it, by step. */
  process(faults?: readonly Fault[]): HostProcess;
  /** Runs a command as somebody else would. */
  run(argv: readonly string[], input?: string): Answer;
  /** The kernel begins anew; files stay. */
  reboot(): void;
  /** Sets the host's clock ahead, or back: the kernel then believes that it was started at another time. */
  setClock(milliseconds: number): void;
  /** Lets a jail have had TCP connections: it will stay dying for a while when it is removed. */
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
  const run = (argv: readonly string[], input = ''): Answer => {
    const task = { argv, input, jail: undefined, variables: {}, clean: false };
    const answer = follow(machine, task);
    return 'status' in answer ? answer : answerOutside(machine, answer);
  };
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
