/** Turns a discovered plugin into one that core can load. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PluginSource, RejectedPlugin } from '@kleenet/core';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import type { FoundPlugin, SkippedPlugin } from './package.ts';

/** Imports the entry of a plugin, be it an ES module or CommonJS. */
export type ImportModule = (
  url: string,
  plugin: { readonly name: string; readonly version: string },
) => Promise<unknown>;

/** The services of the process for plugins. */
export interface PluginEnvironment {
  readonly importModule: ImportModule;
  /** The folder with the copy of core that plugins get, as a package. */
  readonly contract: string;
  /** The directory of the user. */
  home(): string;
}

export interface Loading {
  readonly importModule: ImportModule;
  /** Whether to load only files that only root can change. */
  readonly asRoot: boolean;
}

/** The plugin as core sees it. Its code is loaded when one of its drivers is requested. */
export function pluginSource(plugin: FoundPlugin, loading: Loading): PluginSource {
  const { name, version, apiVersion, drivers } = plugin;
  return {
    name,
    version,
    apiVersion,
    drivers,
    load: async () => {
      const entry = loading.asRoot ? await trustedEntry(plugin) : plugin.entry;
      return defaultExport(await loading.importModule(pathToFileURL(entry).href, plugin));
    },
  };
}

/** As late as possible, and for all code that is loaded with it. */
async function trustedEntry(found: FoundPlugin): Promise<string> {
  const { requireTrustedClosure } = await import('./closure.ts');
  const { name, version, directory, plugin } = found;
  try {
    return join(requireTrustedClosure(directory), plugin);
  } catch (error) {
    if (!hasCode(error, 'PLUGIN_UNTRUSTED')) throw error;
    throw new KleenetError(
      'PLUGIN_UNTRUSTED',
      `plugin ${name} ${version} is not loaded: ${error.message}`,
      {
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        details: { plugin: name, version, ...error.details },
      },
    );
  }
}

/** The default export of an ES module, of CommonJS, or of an ES module that was compiled to CommonJS. */
function defaultExport(module: unknown): unknown {
  const exported = member(module, 'default');
  return member(exported, '__esModule') === true ? member(exported, 'default') : exported;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !(name in value)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

export function rejectedPlugin({
  plugin,
  version,
  code,
  reason,
  drivers,
}: SkippedPlugin): RejectedPlugin {
  return { plugin, version, code, reason, drivers };
}
