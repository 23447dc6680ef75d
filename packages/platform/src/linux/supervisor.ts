/**
 * The command lines that start, watch and end the command of a container, by the scripts beside it. Pure.
 *
 * The FIFO `life` in the bundle tells what happens without polling. The supervisor and the runtime hold it open for
 * writing as long as the command runs; the runtime's poststart hook writes a line to it. Who reads from it learns
 * that the command was started (a line) and that it has ended (end of file).
 */
import type { Argv } from '@kleenet/core';
import { limitWords } from '../container/log.ts';
import { scriptArgv } from '../runner/script.ts';
import { sandboxName } from './names.ts';
import { RUNTIME_STATE, controlGroup } from './runtime.ts';
import type { RunPaths } from './layout.ts';
import {
  AWAIT,
  END,
  EXEC,
  EXEC_DETACHED,
  LAUNCH,
  PUT_FILE,
  STARTED,
  SUPERVISE,
} from './scripts/embedded.ts';
import { relayWords } from './terminal.ts';
import type { Relay } from './terminal.ts';

/** The poststart hook of the OCI configuration, which reports the start. */
export function startedHook({ life }: RunPaths): {
  readonly path: string;
  readonly args: readonly string[];
} {
  return { path: '/bin/sh', args: scriptArgv(STARTED, [life]) };
}

export function lifeArgv({ life }: RunPaths): Argv {
  return ['mkfifo', life];
}

/** Writes a file of the bundle from its standard input. */
export function putFileArgv(path: string): Argv {
  return scriptArgv(PUT_FILE, [path]);
}

export interface SuperviseRequest {
  readonly mode: 'foreground' | 'detached';
  readonly runtime: string;
  readonly paths: RunPaths;
  /** The runtime's name of the container. */
  readonly name: string;
  readonly reap: readonly string[];
  readonly relay: Relay;
  readonly log: string;
  /** In bytes. */
  readonly logLimit: number;
}

export function superviseArgv(request: SuperviseRequest): Argv {
  const { mode, runtime, paths, name, reap, relay, log, logLimit } = request;
  return scriptArgv(SUPERVISE, [
    mode,
    runtime,
    RUNTIME_STATE,
    paths.bundle,
    paths.status,
    name,
    ...relayWords(relay),
    log,
    ...limitWords(logLimit),
    ...reap,
  ]);
}

export interface LaunchRequest extends Omit<SuperviseRequest, 'mode'> {
  /** By Node's name. */
  readonly architecture: string;
}

/** Starts a detached run, and returns once its command has begun. */
export function launchArgv({ architecture, ...request }: LaunchRequest): Argv {
  const supervisor = superviseArgv({ ...request, mode: 'detached' });
  const calls = request.relay.needed ? undefined : SYSTEM_CALLS[architecture];
  const numbers = (calls ?? NO_CALLS).map(String);
  return scriptArgv(LAUNCH, [request.paths.bundle, ...numbers, ...supervisor]);
}

type Calls = readonly [prctl: number, setitimer: number];

/** By Node's names of processors; from the kernel's tables of system calls (asm/unistd.h). */
const SYSTEM_CALLS: Readonly<Record<string, Calls>> = {
  arm: [172, 104],
  arm64: [167, 103],
  ia32: [172, 104],
  loong64: [167, 103],
  ppc64: [171, 104],
  riscv64: [167, 103],
  s390x: [172, 104],
  x64: [157, 38],
};

const NO_CALLS: Calls = [0, 0];

/** Waits until a foreground run reports its start; fails when it ends before. */
export function awaitArgv({ life }: RunPaths): Argv {
  return scriptArgv(AWAIT, [life]);
}

export interface EndRequest {
  readonly runtime: string;
  readonly paths: RunPaths;
  readonly containerId: string;
  /** Sent first; absent for an immediate KILL. */
  readonly signal?: string;
  /** In milliseconds. */
  readonly grace: number;
}

export function endArgv({ runtime, paths, containerId, signal = '', grace }: EndRequest): Argv {
  const names = [sandboxName(containerId), controlGroup(containerId)];
  const words = [runtime, RUNTIME_STATE, paths.bundle, ...names, signal, String(grace / 1000)];
  return scriptArgv(END, words);
}

/** Runs a further command in the foreground. */
export function execArgv(log: string, command: Argv, relay: Relay): Argv {
  return scriptArgv(EXEC, [log, ...relayWords(relay), ...command]);
}

/** Runs a further command, and returns once it has begun. */
export function execDetachedArgv(log: string, command: Argv): Argv {
  return scriptArgv(EXEC_DETACHED, [log, ...command]);
}
