import { offerFor } from '../command-line/complete.ts';
import { defineCommand } from '../command-line/definition.ts';
import type { Command } from '../command-line/definition.ts';
import type { Completes } from '../command-line/options.ts';
import { childrenOf, isPublic, topLevelNames } from '../command-line/route.ts';
import type { Context } from '../context.ts';
import { driverNames } from '@kleenet/host/plugins';

export const command: Command = defineCommand({
  describe: 'List completions of the last word; called by completion scripts',
  arguments: { words: { count: 'command', name: 'WORD' } },
  options: {},
  examples: [],
  async run(context, { words }) {
    for (const candidate of await candidates(context, words)) context.output.print(candidate);
  },
});

async function candidates(context: Context, words: readonly string[]): Promise<readonly string[]> {
  const { tree, tables } = context.commands;
  const [first, second] = words.slice(0, -1);
  const typed = words.at(-1) ?? '';
  if (first === undefined) return startingWith(topLevelNames(tree), typed);
  const path =
    tree.shortcuts[first] ?? (tree.paths.includes(first) ? first : `${first} ${second ?? ''}`);
  if (!tree.paths.includes(path)) {
    const children = second === undefined ? childrenOf(tree, first).filter(isPublic) : [];
    return startingWith(children, typed);
  }
  const isInGroup = tree.shortcuts[first] === undefined && path.includes(' ');
  const offer = offerFor(await tables(path), words.slice(isInGroup ? 2 : 1));
  const known = offer.completes === undefined ? [] : await names(context, offer.completes);
  return startingWith([...offer.words, ...known], offer.typed).map((word) => offer.stays + word);
}

function startingWith(words: readonly string[], typed: string): string[] {
  return words.filter((word) => word.startsWith(typed));
}

async function names(context: Context, what: Completes): Promise<readonly string[]> {
  if (what === 'driver') return driverNames(await context.plugins());
  if (what === 'plugin') {
    const { found, skipped } = await context.plugins();
    return [...found.map(({ name }) => name), ...skipped.map(({ plugin }) => plugin)];
  }
  const { core, engine } = await context.look();
  switch (what) {
    case 'network':
      return (await core.listNetworks(engine)).map(({ name }) => name);
    case 'container':
      return (await core.listContainers(engine)).map(({ container }) => container.name);
    case 'image':
      return (await core.listImages(engine)).map(({ image }) => image.name);
    case 'interface':
      return (await engine.platform.network()).interfaces;
  }
}
