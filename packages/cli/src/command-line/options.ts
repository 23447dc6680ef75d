/** What a command line can have besides the names of commands: options and arguments, as data. */

/** What completion knows the names of. */
export type Completes = 'network' | 'container' | 'image' | 'plugin' | 'driver' | 'interface';

interface BaseOption {
  /** The long name; that of the property when absent. */
  readonly name?: string;
  /** One letter. */
  readonly alias?: string;
  /** For help: one sentence, lower case, without a full stop. */
  readonly describe: string;
  /** Left out of help and completion. */
  readonly hidden?: boolean;
}

/** `--name VALUE`, once. */
interface TextOption extends BaseOption {
  readonly type: 'text';
  readonly choices?: readonly string[];
  /** Some of the values that it may have, for completion. */
  readonly suggests?: readonly string[];
  /** What completion offers. */
  readonly completes?: Completes;
  /** Whether the empty text means something. */
  readonly mayBeEmpty?: boolean;
}

/** `--name VALUE`, any number of times. */
interface ListOption extends BaseOption {
  readonly type: 'list';
  /** What completion offers. */
  readonly completes?: Completes;
}

/** `--name N`, once. */
interface NumberOption extends BaseOption {
  readonly type: 'number';
  readonly minimum?: number;
  readonly maximum?: number;
}

/** `--name`, once. */
interface FlagOption extends BaseOption {
  readonly type: 'flag';
  /** Whether `--no-name` exists, too. */
  readonly negatable?: boolean;
}

export type Option = TextOption | ListOption | NumberOption | FlagOption;
export type Options = Readonly<Record<string, Option>>;

/** A word after the options. */
export interface Argument {
  /** `command`: all that follows, options included. */
  readonly count: 'one' | 'optional' | 'many' | 'command';
  /** For help, in capitals. */
  readonly name: string;
  /** What completion offers. */
  readonly completes?: Completes;
}

/** By property name, in the order of the command line. */
export type Arguments = Readonly<Record<string, Argument>>;

type OptionValue<O extends Option> = O extends { type: 'list' }
  ? readonly string[]
  : O extends { type: 'flag' }
    ? boolean
    : O extends { type: 'number' }
      ? number
      : string;

/** The options that were given. What was not given is absent. */
export type OptionValues<O extends Options> = { readonly [K in keyof O]?: OptionValue<O[K]> };

/** The arguments that were given. */
export type ArgumentValues<A extends Arguments> = {
  readonly [K in keyof A]: A[K] extends { count: 'one' }
    ? string
    : A[K] extends { count: 'optional' }
      ? string | undefined
      : readonly string[];
};

/** What the words of a command can be. */
export interface Tables {
  readonly arguments: Arguments;
  readonly options: Options;
}

/** The long name of an option. */
export function optionName(key: string, option: Option): string {
  return option.name ?? key;
}
