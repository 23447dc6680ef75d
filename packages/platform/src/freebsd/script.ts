/** Scripts that change the host, and say what they refuse. */
import type { Argv, CommandOptions, CommandResult, CommandRunner, ErrorCode } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import type { Script } from '../runner/script.ts';
import { typedFailure } from './failures.ts';
import { RUN_MARKED } from './scripts/embedded.ts';

export interface ScriptOptions extends Pick<CommandOptions, 'input' | 'signal' | 'timeout'> {
  /** The code and hint for a refusal by the script itself, in a line that begins with `klee: `. */
  readonly refusal: { readonly code: ErrorCode; readonly hint: string };
}

/**
 * The command line of a script with a mark, by which ps(1) finds the process. It stands in front of everything that is long, as ps shows no more
 * than 2,048 characters of a command line and counts a newline twice; and in the name of the script, since FreeBSD's sh(1)
 * shifts its words where they lie, and ps shows what is left.
 */
export function markedScriptArgv(
  { name, text }: Script,
  mark: string,
  words: readonly string[],
): Argv {
  return ['sh', '-c', RUN_MARKED.text, `${name} ${mark}`, text, ...words];
}

/** Runs a script that changes the host. @throws KleenetError as the script refuses, or for the failure of a program */
export async function runScript(
  commands: CommandRunner,
  argv: Argv,
  { refusal, ...options }: ScriptOptions,
): Promise<CommandResult> {
  const result = await commands.change(argv, { ...options, accept: 'any' });
  if (result.status === 0) return result;
  const said = REFUSAL.exec(result.stderr)?.[1];
  if (said === undefined) throw typedFailure(argv, result);
  throw new KleenetError(refusal.code, said, {
    hint: refusal.hint,
    details: { argv, ...result },
  });
}

const REFUSAL = /^klee: (.*)$/m;
