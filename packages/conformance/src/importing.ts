import type { CommandRunner, NetworkDriver, Plugin } from '@kleenet/core/driver';
import { SILENT_LOGGER, createFakeClock } from '@kleenet/core/testing';
import { asDriver, ownEffects } from './watching/own-effects.ts';
import { changed, surroundings } from './watching/surroundings.ts';
import { outcomeOf } from './thrown.ts';

/** A plugin, and what its code did to the process when it was loaded. */
export interface ImportedPlugin {
  /** The default export of the module. */
  readonly plugin: Plugin;
  /** What is different in this process since, and whether it has printed something; empty as it should be. */
  readonly changes: readonly string[];
}

/**
 * Imports a plugin with its data planes, and watches what that changes in this process.
 *
 * @param load - imports the module, which nothing has imported before: `() => import('../src/index.ts')`. It may return the plugin itself
 * @throws what the import throws
 */
export async function importPlugin(load: () => Promise<unknown>): Promise<ImportedPlugin> {
  const before = surroundings();
  let plugin: unknown;
  const effects = await ownEffects(() =>
    asDriver(async () => {
      plugin = exportOf(await load());
      await loadDataPlanes(plugin as Plugin);
    }),
  );
  const printed = effects.filter(({ kind }) => kind === 'output').map(({ what }) => what);
  return {
    plugin: plugin as Plugin,
    changes: [...changed(before, surroundings()), ...new Set(printed)],
  };
}

function exportOf(module: unknown): unknown {
  return typeof module === 'object' && module !== null && 'default' in module
    ? module.default
    : module;
}

/** What is wrong with a plugin or a loader concerns other cases. */
async function loadDataPlanes(plugin: Plugin): Promise<void> {
  const drivers: NetworkDriver[] = [];
  outcomeOf(() => plugin.register({ register: (one) => void drivers.push(one) }));
  const loaders = drivers.flatMap(({ dataPlanes }) => Object.values(dataPlanes ?? {}));
  await Promise.allSettled(
    loaders.map(async (loader) =>
      loader({ commands: ANSWERS_ALL, clock: createFakeClock(), logger: SILENT_LOGGER }),
    ),
  );
}

const DONE = { status: 0, stdout: '', stderr: '' };

/** Every command succeeds, and does nothing. */
export const ANSWERS_ALL: CommandRunner = {
  read: async () => DONE,
  change: async () => DONE,
  foreground: () => ({ exited: Promise.resolve(0), signal: () => undefined }),
};
