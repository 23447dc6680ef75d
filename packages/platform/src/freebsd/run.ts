/** Runs commands whose failures are known: each is tolerated, or thrown with what to do about it. */
import type { Argv, CommandOptions, CommandResult, CommandRunner } from '@kleenet/core';
import { knownFailure, typedFailure } from './failures.ts';
import type { FailureReason } from './failures.ts';

export interface RunOptions extends CommandOptions {
  /** Failures that are an answer. */
  readonly tolerate?: readonly FailureReason[];
}

/** A command that succeeded, or failed in a way that is an answer. */
export interface Outcome extends CommandResult {
  /** Why it failed; absent when it did not. */
  readonly reason?: FailureReason;
}

/** Runs a command that only looks. @throws KleenetError with the code of the failure, and always a hint */
export function read(
  commands: CommandRunner,
  argv: Argv,
  options: RunOptions = {},
): Promise<Outcome> {
  return run((wanted) => commands.read(argv, wanted), argv, options);
}

/** Runs a command that changes the host. @throws KleenetError with the code of the failure, and always a hint */
export function change(
  commands: CommandRunner,
  argv: Argv,
  options: RunOptions = {},
): Promise<Outcome> {
  return run((wanted) => commands.change(argv, wanted), argv, options);
}

async function run(
  execute: (options: CommandOptions) => Promise<CommandResult>,
  argv: Argv,
  { tolerate = [], accept = [0], ...options }: RunOptions,
): Promise<Outcome> {
  const result = await execute({ ...options, accept: 'any' });
  if (accept === 'any' || accept.includes(result.status)) return result;
  const reason = knownFailure(argv, result)?.reason;
  if (reason !== undefined && tolerate.includes(reason)) return { ...result, reason };
  throw typedFailure(argv, result);
}
