import { defineCommand, optionName } from '../command-line/definition.ts';
import type { Argument, Command, Option, Options } from '../command-line/definition.ts';
import { GLOBAL_OPTIONS } from '../command-line/globals.ts';
import { childrenOf, isPublic, topLevelNames } from '../command-line/route.ts';
import type { Context } from '../context.ts';
import { driverNames } from '../plugins/catalog.ts';
import { TREE, loadCommand } from './index.ts';

export const command: Command = defineCommand({
  describe: 'List what the last word could become; called by completion scripts',
  arguments: { words: { count: 'command', name: 'WORD' } },
  options: {},
  examples: [],
  async run(context, { words }) {
    const typed = words.at(-1) ?? '';
    const found = await candidates(context, words.slice(0, -1), typed);
    for (const candidate of found) if (candidate.startsWith(typed)) context.output.print(candidate);
  },
});

async function candidates(
  context: Context,
  before: readonly string[],
  typed: string,
): Promise<readonly string[]> {
  const [first, second] = before;
  if (first === undefined) return topLevelNames(TREE);
  const path =
    TREE.shortcuts[first] ?? (TREE.paths.includes(first) ? first : `${first} ${second ?? ''}`);
  if (!TREE.paths.includes(path))
    return second === undefined ? childrenOf(TREE, first).filter(isPublic) : [];
  const { options, arguments: args } = await loadCommand(path);
  const valued = optionBefore(options, before.at(-1) ?? '');
  if (valued?.type === 'text' && valued.completes !== undefined)
    return names(context, valued.completes);
  if (typed.startsWith('-')) {
    return Object.entries({ ...options, ...GLOBAL_OPTIONS })
      .filter(([, option]) => !('hidden' in option && option.hidden === true))
      .map(([key, option]) => `--${optionName(key, option)}`);
  }
  const given = before
    .slice(path.includes(' ') && TREE.shortcuts[first] === undefined ? 2 : 1)
    .filter((word) => !word.startsWith('-'));
  const list = Object.values(args);
  return names(context, list[Math.min(given.length, list.length - 1)]?.completes);
}

/** The option that the last word gives a value to. */
function optionBefore(options: Options, word: string): Option | undefined {
  return Object.entries(options).find(
    ([key, option]) => word === `--${optionName(key, option)}` || word === `-${option.alias}`,
  )?.[1];
}

async function names(
  context: Context,
  what: Argument['completes'] | 'driver',
): Promise<readonly string[]> {
  if (what === undefined) return [];
  if (what === 'driver') return driverNames(await context.plugins());
  if (what === 'plugin') {
    const { found, skipped } = await context.plugins();
    return [...found.map(({ name }) => name), ...skipped.map(({ plugin }) => plugin)];
  }
  const { core, engine } = await context.open();
  switch (what) {
    case 'network':
      return (await core.listNetworks(engine)).map(({ name }) => name);
    case 'container':
      return (await core.listContainers(engine)).map(({ container }) => container.name);
    case 'image':
      return (await core.listImages(engine)).map(({ image }) => image.name);
  }
}
