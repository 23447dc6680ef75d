/** Resolves a command line to a command. */
import type { Options } from './options.ts';
import { optionName } from './options.ts';
import { GLOBAL_OPTIONS } from './globals.ts';
import { suggest } from './suggest.ts';
import { UsageError } from './exit-status.ts';

/** The target of the words: a command, or a node of the tree whose help is shown. */
export type Route =
  | {
      readonly kind: 'command';
      /** `network create`; shortcuts are resolved. */
      readonly path: string;
      /** As the user wrote it: `network create`, `run`. */
      readonly called: string;
      /** The words left to parse: global options before the command's name, and everything after it. */
      readonly words: readonly string[];
    }
  | {
      readonly kind: 'group';
      /** `network`; empty at the top. */
      readonly path: string;
      /** Whether help was requested, as opposed to an incomplete command line. */
      readonly asked: boolean;
    }
  | { readonly kind: 'version' };

/** The commands by path, and their aliases. */
export interface CommandTree {
  readonly paths: readonly string[];
  readonly shortcuts: Readonly<Record<string, string>>;
}

/** @throws UsageError for a command or global option that does not exist */
export function route(tree: CommandTree, words: readonly string[]): Route {
  const first = findWord(words, 0);
  if (first.flags.has('version')) return { kind: 'version' };
  if (first.word === 'help') return help(tree, words.slice(first.index + 1));
  if (first.word === undefined) return { kind: 'group', path: '', asked: first.flags.has('help') };
  const shortcut = own(tree.shortcuts, first.word);
  const path = shortcut ?? first.word;
  if (tree.paths.includes(path)) {
    return { kind: 'command', path, called: first.word, words: without(words, first.index) };
  }
  const children = childrenOf(tree, first.word);
  if (children.length === 0) throw unknownTopCommand(tree, first.word);
  return routeInGroup(children, words, first);
}

function routeInGroup(
  children: readonly string[],
  words: readonly string[],
  group: FoundWord & { word?: string },
): Route {
  const name = group.word ?? '';
  const second = findWord(words, group.index + 1);
  if (second.flags.has('version')) return { kind: 'version' };
  if (second.word === undefined || second.word === 'help') {
    return {
      kind: 'group',
      path: name,
      asked: group.flags.has('help') || second.flags.has('help') || second.word === 'help',
    };
  }
  if (!children.includes(second.word)) throw unknownCommand(second.word, children, `${name} `);
  const path = `${name} ${second.word}`;
  return {
    kind: 'command',
    path,
    called: path,
    words: without(without(words, second.index), group.index),
  };
}

function help(tree: CommandTree, words: readonly string[]): Route {
  const target = route(tree, words.filter((word) => !word.startsWith('-')).slice(0, 2));
  return target.kind === 'command'
    ? { ...target, words: ['--help'] }
    : ({ ...target, asked: true } as Route);
}

interface FoundWord {
  /** The next word that is not an option; absent at the end. */
  readonly word?: string;
  readonly index: number;
  /** The flags before it. */
  readonly flags: ReadonlySet<string>;
}

/** Skips global options. */
function findWord(words: readonly string[], start: number): FoundWord {
  const flags = new Set<string>();
  for (let index = start; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '--') throw new UsageError('missing command before --');
    if (!word.startsWith('-') || word === '-') return { word, index, flags };
    const option = globalOption(word);
    if (option.isFlag) flags.add(option.name);
    else if (!word.includes('=')) index += 1;
  }
  return { index: words.length, flags };
}

function globalOption(word: string): { readonly name: string; readonly isFlag: boolean } {
  const [written = ''] = word.split('=', 1);
  const entry = Object.entries<Options[string]>(GLOBAL_OPTIONS).find(
    ([key, option]) => written === `--${optionName(key, option)}` || written === `-${option.alias}`,
  );
  if (entry !== undefined) return { name: optionName(...entry), isFlag: entry[1].type === 'flag' };
  const names = Object.entries<Options[string]>(GLOBAL_OPTIONS).map(([key, option]) =>
    optionName(key, option),
  );
  const meant = suggest(written.replace(/^-+/, ''), names);
  throw new UsageError(
    `unknown option ${written}`,
    meant === undefined ? 'options of a command come after its name' : `did you mean --${meant}?`,
  );
}

/** The commands of a group, without its name. */
export function childrenOf(tree: CommandTree, group: string): string[] {
  return tree.paths
    .filter((path) => path.startsWith(`${group} `))
    .map((path) => path.slice(group.length + 1));
}

/** Groups and commands that can come first. */
export function topLevelNames(tree: CommandTree): string[] {
  const firsts = tree.paths.map((path) => path.split(' ', 1)[0] ?? '');
  return [...new Set([...firsts, ...Object.keys(tree.shortcuts), 'help'])].filter(isPublic);
}

/** Names with two underscores are internal. */
export function isPublic(name: string): boolean {
  return !name.startsWith('__');
}

/** Users omit the group, and write `rename` alone. */
function unknownTopCommand(tree: CommandTree, word: string): UsageError {
  const inGroups = tree.paths.filter((path) => path.endsWith(` ${word}`) && isPublic(word));
  if (inGroups.length === 0) return unknownCommand(word, topLevelNames(tree), '');
  const choices = inGroups.map((path) => `'klee ${path}'`).join(' or ');
  return new UsageError(`unknown command ${JSON.stringify(word)}`, `did you mean ${choices}?`);
}

function unknownCommand(word: string, candidates: readonly string[], prefix: string): UsageError {
  const meant = suggest(word, candidates.filter(isPublic));
  return new UsageError(
    `unknown command ${JSON.stringify(prefix + word)}`,
    meant === undefined
      ? `'klee ${prefix}--help' lists the commands`
      : `did you mean 'klee ${prefix}${meant}'?`,
  );
}

function without(words: readonly string[], index: number): string[] {
  return words.filter((_, i) => i !== index);
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
