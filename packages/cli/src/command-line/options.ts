/** The words of a command line besides command names: options and arguments, as data. */

/** Kinds of objects whose names completion offers. */
export type Completes = 'network' | 'container' | 'image' | 'plugin' | 'driver' | 'interface';

interface BaseOption {
  /** The long name; that of the property when absent. */
  readonly name?: string;
  /** One letter. */
  readonly alias?: string;
  /** For help: one sentence, lower case, without a full stop. */
  readonly describe: string;
  /** Hidden from help and completion. */
  readonly hidden?: boolean;
}

/** `--name VALUE`, once. */
interface TextOption extends BaseOption {
  readonly type: 'text';
  readonly choices?: readonly string[];
  /** Some of its possible values, for completion. */
  readonly suggests?: readonly string[];
  /** Kinds of objects that completion offers. */
  readonly completes?: Completes;
  /** Whether the empty text is a valid value. */
  readonly mayBeEmpty?: boolean;
}

/** `--name VALUE`, any number of times. */
interface ListOption extends BaseOption {
  readonly type: 'list';
  /** Kinds of objects that completion offers. */
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
  /** `command`: all following words, including options. */
  readonly count: 'one' | 'optional' | 'many' | 'command';
  /** For help, in capitals. */
  readonly name: string;
  /** Kinds of objects that completion offers. */
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

/** The given options; others are absent. */
export type OptionValues<O extends Options> = { readonly [K in keyof O]?: OptionValue<O[K]> };

/** The given arguments. */
export type ArgumentValues<A extends Arguments> = {
  readonly [K in keyof A]: A[K] extends { count: 'one' }
    ? string
    : A[K] extends { count: 'optional' }
      ? string | undefined
      : readonly string[];
};

/** The possible words of a command. */
export interface Tables {
  readonly arguments: Arguments;
  readonly options: Options;
}

/** The long name of an option. */
export function optionName(key: string, option: Option): string {
  return option.name ?? key;
}
