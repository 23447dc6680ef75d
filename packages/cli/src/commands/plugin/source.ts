import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { KleenetError } from '@kleenet/core/errors';
import type { PackagedPlugin } from '@kleenet/host/installer';
import type { Context } from '../../context.ts';

/** A plugin that is to be tested. */
export interface FoundSource {
  readonly source: PackagedPlugin;
  /** Its directory, or the name of one that comes with klee. */
  readonly place: string;
}

/** A known plugin, or a directory: an installed name takes precedence over a directory, which is `./NAME`. */
export async function findSource(
  context: Context,
  text: string,
  asUser = false,
): Promise<FoundSource> {
  const at = async (directory: string): Promise<FoundSource> => ({
    source: await context.pluginAt(directory, asUser),
    place: directory,
  });
  if (isAbsolute(text)) return at(text);

  const { found, sources, rejected } = await context.plugins();
  const added = found.find(({ name }) => name === text);
  if (added !== undefined) return at(added.directory);
  const included = sources.find(({ name }) => name === text);
  if (included !== undefined) return { source: included, place: text };
  const folder = resolve(context.directory(), text);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return at(folder);
  const skipped = rejected.find(({ plugin }) => plugin === text);
  if (skipped === undefined) throw unknown(text);
  const { code = 'PLUGIN_INVALID', reason } = skipped;
  throw new KleenetError(code, `plugin ${text} cannot be tested: ${reason}`, {
    details: { plugin: text },
  });
}

function unknown(text: string): KleenetError {
  return new KleenetError(
    'PLUGIN_NOT_FOUND',
    `no plugin is named ${JSON.stringify(text)}, and there is no such directory`,
    { hint: "'klee plugin ls' lists the plugins", details: { plugin: text } },
  );
}
