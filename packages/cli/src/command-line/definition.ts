/** What a command is: the data that parsing, help and completion work from, and the one function that does its work. */
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
   * Something that it may print once its work is done: a `--format` that cannot show this is refused before. Left out
   * by commands that only look, and by those that print ids.
   */
  readonly sample?: object;
  /** Whether the exit status is that of a command in a container, and 125 when klee itself fails. */
  readonly passesStatus?: boolean;
  /** Does the work and prints the result. Resolves with the exit status; 0 when there is none. */
  run(context: Context, args: ArgumentValues<A>, options: OptionValues<O>): Promise<number | void>;
}

/** A command whatever its arguments and options are. */
export type Command = Definition<Arguments, Options>;

/** Checks that a command's `run` agrees with its tables. */
export function defineCommand<const A extends Arguments, const O extends Options>(
  definition: Definition<A, O>,
): Command {
  return definition;
}
