/** Turns words into the values of a command. yargs' own parser does the splitting; the rules are here. */
import { KleenetError } from '@kleenet/core/errors';
import parser from 'yargs-parser';
import type { Command } from './definition.ts';
import type {
  Argument,
  ArgumentValues,
  Arguments,
  Option,
  Options,
  OptionValues,
} from './options.ts';
import { optionName } from './options.ts';
import { GLOBAL_OPTIONS } from './globals.ts';
import type { Globals } from './globals.ts';
import { suggest } from './suggest.ts';
import { UsageError } from './exit-status.ts';

export interface Invocation {
  readonly globals: Globals;
  readonly options: OptionValues<Options>;
  readonly args: ArgumentValues<Arguments>;
}

type Given = string | boolean;

/** All occurrences of one option on the command line. */
interface Known {
  readonly key: string;
  readonly name: string;
  readonly option: Option;
}

/**
 * Parses the words that follow the name of a command.
 *
 * @throws UsageError for unknown options and missing arguments
 * @throws KleenetError INVALID_ARGUMENT for bad values
 */
export function parseCommandLine(command: Command, words: readonly string[]): Invocation {
  const own = describeOptions(command.options);
  const global = describeOptions(GLOBAL_OPTIONS);
  const known = [...own, ...global.filter(({ name }) => own.every((other) => other.name !== name))];
  const takesCommand = Object.values(command.arguments).some(({ count }) => count === 'command');
  const { given, rest } = split(words, known, takesCommand);
  requireKnown(given, known);
  const globals: Globals = readOptions(global, given);
  // A user who asks for help has not written the rest of the line yet.
  if (globals.help === true || globals.version === true) return { globals, options: {}, args: {} };
  return {
    globals,
    options: readOptions(own, given),
    args: readArguments(command.arguments, rest),
  };
}

function describeOptions(options: Options): Known[] {
  return Object.entries(options).map(([key, option]) => ({
    key,
    option,
    name: optionName(key, option),
  }));
}

function split(
  words: readonly string[],
  known: readonly Known[],
  halts: boolean,
): { given: ReadonlyMap<string, readonly Given[]>; rest: readonly string[] } {
  const separate = separateShortValues(words, known, halts);
  const flags = known.filter(({ option }) => option.type === 'flag');
  const valued = known.filter(({ option }) => option.type !== 'flag').map(({ name }) => name);
  const { argv, error } = parser.detailed(separate, {
    string: valued,
    narg: Object.fromEntries(valued.map((name) => [name, 1])),
    boolean: flags.flatMap(({ name, option }) =>
      isNegatable(option) ? [name, `no-${name}`] : [name],
    ),
    alias: Object.fromEntries(
      known.flatMap(({ name, option }) =>
        option.alias === undefined ? [] : [[name, option.alias]],
      ),
    ),
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'halt-at-non-option': halts,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
      'strip-aliased': true,
    },
  });
  const { _: positionals, '--': afterDashes = [], ...options } = argv;
  const given = new Map(
    Object.entries(options).map(([name, value]): [string, Given[]] => [name, [value].flat()]),
  );
  if (error !== null) throw valueMissing(error, given);
  return { given, rest: [...positionals, ...afterDashes].map(String) };
}

/**
 * Writes `-p8080:80` as `-p 8080:80`, which the parser would read as a bundle of flags, and refuses `--flag=value`,
 * which it would read as false.
 */
function separateShortValues(
  words: readonly string[],
  known: readonly Known[],
  halts: boolean,
): string[] {
  const separate: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const isOption = word.startsWith('-') && word !== '-';
    if (word === '--' || (halts && !isOption)) return [...separate, ...words.slice(i)];
    const option = isOption ? findOption(word, known) : undefined;
    const takesValue = option !== undefined && option.option.type !== 'flag';
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    if (equals !== -1 && option !== undefined && !takesValue) {
      throw invalid(`option --${option.name} takes no value`);
    }
    if (takesValue && !word.startsWith('--') && word.length > 2) {
      separate.push(word.slice(0, 2), word.slice(word[2] === '=' ? 3 : 2));
      continue;
    }
    separate.push(word);
    if (takesValue && equals === -1 && i + 1 < words.length) separate.push(words[++i] ?? '');
  }
  return separate;
}

function findOption(word: string, known: readonly Known[]): Known | undefined {
  if (!word.startsWith('--')) return known.find(({ option }) => option.alias === word[1]);
  const [name] = word.slice(2).split('=', 1);
  return known.find(
    (candidate) =>
      candidate.name === name || (isNegatable(candidate.option) && `no-${candidate.name}` === name),
  );
}

function isNegatable(option: Option): boolean {
  return option.type === 'flag' && option.negatable === true;
}

/** The parser stops at the first option without a value, and does not store that option. */
function valueMissing(error: Error, given: ReadonlyMap<string, unknown>): UsageError {
  const name = /([A-Za-z0-9-]+)$/.exec(error.message)?.[1] ?? [...given.keys()].at(-1) ?? '';
  return new UsageError(`option ${name.length === 1 ? '-' : '--'}${name} needs a value`);
}

function requireKnown(given: ReadonlyMap<string, unknown>, known: readonly Known[]): void {
  const names = known.flatMap(({ name, option }) =>
    isNegatable(option) ? [name, `no-${name}`] : [name],
  );
  const unknown = [...given.keys()].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const visible = known.filter(({ option }) => option.hidden !== true).map(({ name }) => name);
  const meant =
    unknown.length === 1
      ? undefined
      : suggest(unknown, [...visible, ...names.filter((name) => name.startsWith('no-'))]);
  throw new UsageError(
    `unknown option ${unknown.length === 1 ? '-' : '--'}${unknown}`,
    meant === undefined ? 'add --help to see the options' : `did you mean --${meant}?`,
  );
}

function readOptions(
  known: readonly Known[],
  given: ReadonlyMap<string, readonly Given[]>,
): OptionValues<Options> {
  const values: Record<string, string | number | boolean | readonly string[]> = {};
  for (const { key, name, option } of known) {
    const yes = given.get(name) ?? [];
    const no = isNegatable(option) ? (given.get(`no-${name}`) ?? []) : [];
    if (yes.length + no.length === 0) continue;
    if (option.type !== 'list' && yes.length + no.length > 1)
      throw givenTwice(name, no.length > 0 && yes.length > 0);
    values[key] =
      option.type === 'flag' ? no.length === 0 : readValue(name, option, yes.map(String));
  }
  return values;
}

function readValue(
  name: string,
  option: Exclude<Option, { type: 'flag' }>,
  texts: readonly string[],
): string | number | readonly string[] {
  const mayBeEmpty = option.type === 'text' && option.mayBeEmpty === true;
  if (!mayBeEmpty && texts.includes('')) throw invalid(`option --${name} has an empty value`);
  if (option.type === 'list') return texts;
  const [text = ''] = texts;
  if (option.type === 'number') return readNumber(name, text, option.minimum, option.maximum);
  if (option.choices !== undefined && !option.choices.includes(text)) {
    throw invalid(
      `option --${name} takes ${option.choices.join(', ')}, not ${JSON.stringify(text)}`,
    );
  }
  return text;
}

/** Reads a whole number within bounds. */
export function readNumber(
  name: string,
  text: string,
  minimum: number = -2_147_483_648,
  maximum: number = 2_147_483_647,
): number {
  const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= minimum && value <= maximum) return value;
  throw invalid(
    `option --${name} takes a whole number from ${minimum} to ${maximum}, not ${JSON.stringify(text)}`,
  );
}

function readArguments(table: Arguments, words: readonly string[]): ArgumentValues<Arguments> {
  const values: Record<string, string | readonly string[] | undefined> = {};
  let rest = words;
  for (const [key, argument] of Object.entries(table)) {
    if (isList(argument)) {
      values[key] = readList(argument, rest);
      rest = [];
    } else {
      const [word] = rest;
      if (word === undefined && argument.count === 'one') throw argumentMissing(argument);
      if (word === '') throw invalid(`${argument.name} is empty`);
      values[key] = word;
      rest = rest.slice(1);
    }
  }
  if (rest.length > 0)
    throw invalid(
      `unexpected argument ${JSON.stringify(rest[0])}`,
      'add --help to see what the command takes',
    );
  return values as ArgumentValues<Arguments>;
}

function isList({ count }: Argument): boolean {
  return count === 'many' || count === 'command';
}

function readList(argument: Argument, words: readonly string[]): readonly string[] {
  if (argument.count === 'command') return words[0] === '--' ? words.slice(1) : words;
  if (words.length === 0) throw argumentMissing(argument);
  if (words.includes('')) throw invalid(`${argument.name} is empty`);
  return words;
}

function argumentMissing({ name }: Argument): UsageError {
  return new UsageError(`missing argument ${name}`, 'add --help to see what the command takes');
}

function givenTwice(name: string, bothWays: boolean): KleenetError {
  return invalid(
    bothWays
      ? `options --${name} and --no-${name} exclude each other`
      : `option --${name} is given twice`,
  );
}

function invalid(message: string, hint?: string): KleenetError {
  return new KleenetError('INVALID_ARGUMENT', message, hint === undefined ? {} : { hint });
}
