/** The meaning of the last word of an unfinished command line. Pure. */
import { optionName } from './options.ts';
import type { Argument, Completes, Option, Options, Tables } from './options.ts';
import { GLOBAL_OPTIONS } from './globals.ts';

/** The candidates for the last word. */
export interface Offer {
  /** Names of these objects. */
  readonly completes?: Completes;
  /** And these words. */
  readonly words: readonly string[];
  /** The last word without its fixed part: `te` of `--network=te`. */
  readonly typed: string;
  /** The fixed part, which some shells expect in the answer. */
  readonly stays: string;
}

/** @param words - those that follow the name of the command, the unfinished one last */
export function offerFor(command: Tables, words: readonly string[]): Offer {
  const { before, typed, stays } = joined(words);
  const options = { ...command.options, ...GLOBAL_OPTIONS };
  const place = placeAfter(command, options, before);
  if (stays !== '') return { ...values(findOption(options, stays.slice(0, -1))), typed, stays };
  if (place.valued !== undefined) return { ...values(place.valued), typed, stays };
  if (!place.takesOptions || !typed.startsWith('-'))
    return { ...named(place.argument?.completes), words: [], typed, stays };
  return { words: optionWords(options), typed, stays };
}

/** bash splits words at `=`; other shells keep `--network=te` as one word. */
function joined(words: readonly string[]): {
  readonly before: readonly string[];
  readonly typed: string;
  readonly stays: string;
} {
  const last = words.at(-1) ?? '';
  const apart = last === '=' ? 1 : words.at(-2) === '=' ? 2 : 0;
  const option = words.at(-1 - apart) ?? '';
  if (apart > 0 && option.startsWith('--')) {
    const before = withoutEquals(words.slice(0, -1 - apart));
    return { before: [...before, option], typed: last === '=' ? '' : last, stays: '' };
  }
  const before = withoutEquals(words.slice(0, -1));
  const equals = last.startsWith('--') ? last.indexOf('=') : -1;
  return { before, typed: last.slice(equals + 1), stays: last.slice(0, equals + 1) };
}

function withoutEquals(words: readonly string[]): readonly string[] {
  return words.filter((word, index) => word !== '=' || !words[index - 1]?.startsWith('--'));
}

/** The role of the last word. */
interface Place {
  /** The option whose value it is. */
  readonly valued?: Option;
  /** The argument that it is, unless it is an option. */
  readonly argument?: Argument;
  readonly takesOptions: boolean;
}

function placeAfter(
  { arguments: table }: Tables,
  options: Options,
  before: readonly string[],
): Place {
  const list = Object.values(table);
  const command = list.findIndex(({ count }) => count === 'command');
  let given = 0;
  let takesOptions = true;
  for (let index = 0; index < before.length; index += 1) {
    const word = before[index] ?? '';
    const isOption = takesOptions && word.startsWith('-') && word !== '-';
    const option = isOption && !word.includes('=') ? findOption(options, word) : undefined;
    if (word === '--' && takesOptions) takesOptions = false;
    else if (!isOption) {
      given += 1;
      // From the first argument on, options belong to the command in the container.
      if (command !== -1) takesOptions = false;
    } else if (option !== undefined && option.type !== 'flag') {
      if (index === before.length - 1) return { valued: option, takesOptions };
      index += 1;
    }
  }
  const argument = list[Math.min(given, list.length - 1)];
  return { ...(argument === undefined ? {} : { argument }), takesOptions };
}

function findOption(options: Options, word: string): Option | undefined {
  return Object.entries(options).find(
    ([key, option]) => word === `--${optionName(key, option)}` || word === `-${option.alias}`,
  )?.[1];
}

function values(option: Option | undefined): Pick<Offer, 'completes' | 'words'> {
  if (option === undefined || option.type === 'flag' || option.type === 'number')
    return { words: [] };
  if (option.type === 'list') return { ...named(option.completes), words: [] };
  return { ...named(option.completes), words: option.choices ?? option.suggests ?? [] };
}

function named(completes: Completes | undefined): Pick<Offer, 'completes'> {
  return completes === undefined ? {} : { completes };
}

function optionWords(options: Options): string[] {
  return Object.entries(options)
    .filter(([, option]) => option.hidden !== true)
    .flatMap(([key, option]) => {
      const name = optionName(key, option);
      return option.type === 'flag' && option.negatable === true
        ? [`--${name}`, `--no-${name}`]
        : [`--${name}`];
    });
}
