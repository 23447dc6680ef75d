/** All plugins of one klee process: discovered once, and cached for the next. */
import { existsSync } from 'node:fs';
import type { Logger, PluginSource, RejectedPlugin } from '@kleenet/core';
import { keep, recall } from './cache.ts';
import type { CacheLocation, Remembered } from './cache.ts';
import type { Discovery, Present } from './discover.ts';
import { pluginSource, rejectedPlugin } from './load.ts';
import type { ImportModule } from './load.ts';
import type { SkippedPlugin } from './package.ts';
import { pluginPlaces } from './places.ts';
import type { Place, Surroundings } from './places.ts';

export interface CatalogOptions extends CacheLocation, Surroundings {
  /** The built-in plugins, in order of precedence. */
  readonly bundled: readonly PluginSource[];
  /** Packages that the configuration names, by path. */
  readonly configured: readonly string[];
  /** Whether the result may be cached. */
  readonly mayKeep: boolean;
  readonly importModule: ImportModule;
  readonly logger: Logger;
}

export interface PluginCatalog extends Discovery {
  /** For core: the built-in plugins, then the discovered ones. */
  readonly sources: readonly PluginSource[];
  /** Plugins that need no search, in order of precedence. */
  readonly present: readonly Present[];
  readonly rejected: readonly RejectedPlugin[];
}

/** Core has two built-in drivers, and is not loaded for this. */
function presentWith(bundled: readonly PluginSource[]): readonly Present[] {
  return [{ name: '@kleenet/core', drivers: [{ name: 'host' }, { name: 'disabled' }] }, ...bundled];
}

/** The catalog of a program that searches for no plugins. */
export function bundledOnly(bundled: readonly PluginSource[]): PluginCatalog {
  return {
    found: [],
    skipped: [],
    sources: bundled,
    present: presentWith(bundled),
    rejected: [],
  };
}

/** The available drivers, by name. */
export function driverNames({ present, found }: PluginCatalog): readonly string[] {
  const names = [...present, ...found].flatMap(({ drivers }) => drivers.map(({ name }) => name));
  return [...new Set(names)].toSorted();
}

/** Searches for plugins, unless the cache is valid. Warns about newly found faults. */
export async function findPlugins(options: CatalogOptions): Promise<PluginCatalog> {
  const asRoot = options.uid === 0;
  const { found, skipped } = await look(options, asRoot);
  const loading = { importModule: options.importModule, asRoot };
  return {
    found,
    skipped,
    sources: [...options.bundled, ...found.map((plugin) => pluginSource(plugin, loading))],
    present: presentWith(options.bundled),
    rejected: skipped.map(rejectedPlugin),
  };
}

const NOTHING: Discovery = { found: [], skipped: [] };

async function look(options: CatalogOptions, asRoot: boolean): Promise<Discovery> {
  const places = pluginPlaces(options);
  const { configured } = options;
  if (configured.length === 0 && !places.some(({ directory }) => existsSync(directory)))
    return NOTHING;
  const key = keyOf(options, places, asRoot);
  const remembered = recall(options, key);
  if (remembered?.isFresh === true) return remembered;
  return lookAgain(options, { places, key, asRoot, remembered });
}

/** Inputs of the search besides the files. */
function keyOf(
  { bundled, configured }: CatalogOptions,
  places: readonly Place[],
  asRoot: boolean,
): string {
  const own = bundled.map(({ name, version }) => `${name}@${version}`);
  return JSON.stringify([own, asRoot, places, configured]);
}

interface Task {
  readonly places: readonly Place[];
  readonly key: string;
  readonly asRoot: boolean;
  readonly remembered: Remembered | undefined;
}

async function lookAgain(options: CatalogOptions, task: Task): Promise<Discovery> {
  const { discover } = await import('./discover.ts');
  const { Witness } = await import('./witness.ts');
  const witness = new Witness();
  const looking = { witness, asRoot: task.asRoot };
  const discovery = discover(
    task.places,
    options.configured,
    presentWith(options.bundled),
    looking,
  );
  const told = new Set((task.remembered?.skipped ?? []).map(identity));
  for (const plugin of discovery.skipped) {
    if (!told.has(identity(plugin))) options.logger.warn(describeSkipped(plugin));
  }
  if (options.mayKeep) remember(options, task.key, discovery, witness.sights);
  return discovery;
}

function remember(
  options: CatalogOptions,
  key: string,
  discovery: Discovery,
  sights: Parameters<typeof keep>[3],
): void {
  try {
    keep(options, key, discovery, sights);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    options.logger.debug(`the plugin cache was not written: ${error.message}`);
  }
}

function identity({ directory, plugin, version, reason }: SkippedPlugin): string {
  return JSON.stringify([directory, plugin, version, reason]);
}

function describeSkipped({ plugin, version, reason }: SkippedPlugin): string {
  return `plugin ${[plugin, version].filter((text) => text !== '').join(' ')} is skipped: ${reason}`;
}
