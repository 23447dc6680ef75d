/** Runs commands with known failures: each is tolerated, or thrown with a hint. */
import type { Argv, CommandOptions, CommandResult, CommandRunner } from '@kleenet/core';
import { knownFailure, typedFailure } from './failures.ts';
import type { FailureReason } from './failures.ts';
import { interrupted } from '../runner/failures.ts';
import { scriptArgv } from '../runner/script.ts';
import { IN_ORDER } from './scripts/embedded.ts';

export interface RunOptions extends CommandOptions {
  /** Failures that are answers. */
  readonly tolerate?: readonly FailureReason[];
}

/** A command that succeeded, or failed in an expected way. */
export interface Outcome extends CommandResult {
  /** The cause of its failure; absent on success. */
  readonly reason?: FailureReason;
}

/**
 * Runs a command that only reads, with others that are read at the same time.
 * @throws KleenetError with the code of the failure, and always a hint
 */
export function read(
  commands: CommandRunner,
  argv: Argv,
  options: RunOptions = {},
): Promise<Outcome> {
  return run((wanted) => commands.read(argv, { together: true, ...wanted }), argv, options);
}

/** Runs a command that changes the host. @throws KleenetError with the code of the failure, and always a hint */
export function change(
  commands: CommandRunner,
  argv: Argv,
  options: RunOptions = {},
): Promise<Outcome> {
  return run((wanted) => commands.change(argv, wanted), argv, options);
}

/**
 * Runs commands that change the host one after the other, in one program, up to the first that fails in a way that is not
 * tolerated.
 * @throws KleenetError as `change` does for that one
 */
export async function changeInOrder(
  commands: CommandRunner,
  argvs: readonly Argv[],
  { tolerate = [], ...options }: Pick<RunOptions, 'signal' | 'tolerate'> = {},
): Promise<void> {
  for (let left = argvs; left.length > 0;) {
    const failure = await firstFailure(commands, left, options);
    if (failure === undefined) return;
    const [argv, done] = failure;
    const reason = knownFailure(argv, done)?.reason;
    if (reason === undefined || !tolerate.includes(reason)) throw typedFailure(argv, done);
    left = left.slice(left.indexOf(argv) + 1);
  }
}

/** The command that failed, with its result; nothing if all succeed. */
async function firstFailure(
  commands: CommandRunner,
  argvs: readonly Argv[],
  options: Pick<CommandOptions, 'signal'>,
): Promise<readonly [Argv, CommandResult] | undefined> {
  const [first, ...others] = argvs;
  if (first === undefined) return undefined;
  const argv =
    others.length === 0
      ? first
      : scriptArgv(
          IN_ORDER,
          argvs.flatMap((words) => [String(words.length), ...words]),
        );
  const steps = others.length === 0 ? {} : { steps: argvs };
  const result = await commands.change(argv, { ...options, ...steps, accept: 'any' });
  if (result.status === 0) return undefined;
  const [, said = '', number = ''] = FAILED_STEP.exec(result.stderr) ?? [];
  const failed = argvs[Number(number) - 1];
  return number === '' || failed === undefined
    ? [argv, result]
    : [failed, { ...result, stderr: said }];
}

/** What the script says at the end. */
const FAILED_STEP = /^([^]*)klee: step (\d+)\n$/;

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

/** A fact about the host. A raised signal ends the wait for it. */
export type Fact<T> = (commands: CommandRunner, signal?: AbortSignal) => Promise<T>;

/**
 * For facts that do not change while klee runs: asks once for each command runner. A failure is not cached. Others may wait for the
 * answer as well, so that a raised signal does not end the question.
 */
export function once<T>(ask: (commands: CommandRunner) => Promise<T>): Fact<T> {
  const answers = new WeakMap<CommandRunner, Promise<T>>();
  return (commands, signal) => {
    const known = answers.get(commands);
    if (known !== undefined) return unlessRaised(signal, known);
    const answer = ask(commands);
    answers.set(commands, answer);
    answer.catch(() => answers.delete(commands));
    return unlessRaised(signal, answer);
  };
}

function unlessRaised<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(interrupted(['look at the host'], signal.reason));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
