/** The command lines that start, watch and end the command of a jail, by the scripts beside it. Pure. */
import { basename } from 'node:path/posix';
import type { Argv } from '@kleenet/core';
import { limitWords } from '../container/log.ts';
import { scriptArgv } from '../runner/script.ts';
import type { RunPaths } from './layout.ts';
import { markedScriptArgv } from './script.ts';
import {
  AWAIT,
  END,
  ENTER,
  EXEC,
  FIND,
  LAUNCH,
  OVER,
  SIGNAL,
  STATUS,
  SUPERVISE,
} from './scripts/embedded.ts';

/** A command in a jail: the words for jexec(8), and the whole environment. */
export interface Entry {
  readonly words: readonly string[];
  readonly env: readonly string[];
}

/** Runs a command in a jail; `pidFile` gets the process id that the command will have. */
export function enterArgv({ words, env }: Entry, pidFile = ''): Argv {
  return scriptArgv(ENTER, [pidFile, String(words.length), ...words, ...env]);
}

/** The words that look for a program; to be run in a jail by its own shell. */
export function findWords(program: string): readonly string[] {
  return ['/bin/sh', '-c', FIND.text, FIND.name, program];
}

export interface SuperviseRequest {
  readonly mode: 'foreground' | 'detached';
  readonly paths: RunPaths;
  readonly jail: string;
  readonly log: string;
  /** In bytes. */
  readonly logLimit: number;
  readonly terminal: boolean;
  readonly entry: Entry;
  /** Reaps the run; empty if nothing on the host can. */
  readonly reap: readonly string[];
}

export function superviseArgv(request: SuperviseRequest): Argv {
  const { mode, paths, jail, log, logLimit, terminal, entry, reap } = request;
  return markedScriptArgv(SUPERVISE, basename(paths.directory), [
    mode,
    ...runWords(paths, jail),
    log,
    ...limitWords(logLimit),
    terminalWord(terminal),
    String(reap.length),
    ...reap,
    ...enterArgv(entry, `${paths.directory}/pid`),
  ]);
}

/** Starts a detached run, and returns once its command has begun. */
export function launchArgv(request: Omit<SuperviseRequest, 'mode' | 'terminal'>): Argv {
  return scriptArgv(LAUNCH, [
    ...runWords(request.paths, request.jail),
    ...superviseArgv({ ...request, mode: 'detached', terminal: false }),
  ]);
}

/** Waits until a foreground run has begun, or is over; fails when it can no longer begin. */
export function awaitArgv(paths: RunPaths, jail: string): Argv {
  return scriptArgv(AWAIT, runWords(paths, jail));
}

export interface EndRequest {
  readonly paths: RunPaths;
  readonly jail: string;
  /** Sent first, without `SIG`; absent for an immediate KILL. */
  readonly signal?: string;
  /** In milliseconds. */
  readonly grace: number;
}

export function endArgv({ paths, jail, signal = '', grace }: EndRequest): Argv {
  return scriptArgv(END, [...runWords(paths, jail), signal, String(grace / 1000)]);
}

/** Prints which runs are over, as the ends of their directories' paths, for all below the directory of containers. */
export function overArgv(containers: string): Argv {
  return scriptArgv(OVER, [containers]);
}

/** Prints the exit status of a run's command; fails when none is recorded. */
export function statusArgv(paths: RunPaths, jail: string): Argv {
  return scriptArgv(STATUS, runWords(paths, jail));
}

/** Runs a further command in the foreground. */
export function execArgv(entry: Entry, pidFile: string, terminal: boolean): Argv {
  return scriptArgv(EXEC, [pidFile, terminalWord(terminal), ...enterArgv(entry, pidFile)]);
}

/** Signals a further command. */
export function signalArgv(pidFile: string, signal: string): Argv {
  return scriptArgv(SIGNAL, [pidFile, signal]);
}

function runWords({ directory, status }: RunPaths, jail: string): readonly string[] {
  return [directory, status, jail];
}

function terminalWord(terminal: boolean): string {
  return terminal ? 'terminal' : '';
}
