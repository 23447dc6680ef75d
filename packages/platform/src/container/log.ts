/** The log of a container: `log`, and `log.1` with older output. Pure. */
import type { Argv, LogsOptions } from '@kleenet/core';
import { scriptArgv } from '../runner/script.ts';
import { LOGS } from './scripts/embedded.ts';

/** In bytes: the default size limit of one container's log. */
export const LOG_LIMIT: number = 16 * 1024 * 1024;

/** In bytes: what keep-log.sh lets dd(1) read at once. */
const BLOCK = 8192;

/** A log has two files; with less space than this fraction of one of them, starting dd(1) is not worthwhile. */
const LEAST_PART = 16;

/**
 * The arguments of `keep_log`: the maximum size of either file, and the number of free blocks below which it is not
 * written.
 */
export function limitWords(limit: number): readonly [string, string] {
  const half = Math.floor(limit / 2);
  return [String(half), String(Math.max(1, Math.floor(half / BLOCK / LEAST_PART)))];
}

/** Prints a log that nothing is added to. */
export function printArgv(log: string, options: LogsOptions): Argv {
  return scriptArgv(LOGS, printWords(log, options));
}

/** The log and how much of it, the first words of each script that prints one. */
export function printWords(log: string, { tail }: LogsOptions): readonly [string, string] {
  return [log, tail === undefined ? '+1' : String(tail)];
}
