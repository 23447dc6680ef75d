/** Runs commands with known failures: each is tolerated, or thrown with a hint. */
import type { Argv, CommandOptions, CommandResult, CommandRunner } from '@kleenet/core';
import { knownFailure, typedFailure } from './failures.ts';
import type { FailureReason } from './failures.ts';

export interface RunOptions extends CommandOptions {
  /** Failures that are answers. */
  readonly tolerate?: readonly FailureReason[];
}

/** A command that succeeded, or failed in an expected way. */
export interface Outcome extends CommandResult {
  /** The cause of its failure; absent on success. */
  readonly reason?: FailureReason;
}

/** Runs a command that only reads. @throws KleenetError with the code of the failure, and always a hint */
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

/** For facts that do not change while klee runs: asks once for each command runner. A failure is not cached. */
export function once<T>(ask: (commands: CommandRunner) => Promise<T>): typeof ask {
  const answers = new WeakMap<CommandRunner, Promise<T>>();
  return (commands) => {
    const known = answers.get(commands);
    if (known !== undefined) return known;
    const answer = ask(commands);
    answers.set(commands, answer);
    answer.catch(() => answers.delete(commands));
    return answer;
  };
}
