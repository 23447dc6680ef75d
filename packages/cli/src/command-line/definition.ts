/** The definition of a command: data for parsing, help and completion, and one function that does the work. */
import type { Context } from '../context.ts';
import type { Arguments, ArgumentValues, OptionValues, Options } from './options.ts';

export interface Definition<A extends Arguments, O extends Options> {
  /** For help: one sentence, without a full stop. */
  readonly describe: string;
  readonly arguments: A;
  readonly options: O;
  /** Command lines without `klee`, each with what it does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** More help, below the options. */
  readonly notes?: string;
  /**
   * A sample of its final output: a `--format` that cannot show it is refused before any work. Absent for commands that
   * only read, and for those that print ids.
   */
  readonly sample?: object;
  /** Whether the exit status is that of a command in a container; klee's own failures then exit 125. */
  readonly passesStatus?: boolean;
  /** Does the work and prints the result. Resolves with the exit status; 0 when there is none. */
  run(context: Context, args: ArgumentValues<A>, options: OptionValues<O>): Promise<number | void>;
}

/** A command with any arguments and options. */
export type Command = Definition<Arguments, Options>;

/** Checks that a command's `run` agrees with its tables. */
export function defineCommand<const A extends Arguments, const O extends Options>(
  definition: Definition<A, O>,
): Command {
  return definition;
}
