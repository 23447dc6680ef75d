import { KleenetError } from '@kleenet/core/errors';
import type { PluginCatalog } from '@kleenet/host/plugins';
import { pluginViews } from '../../render/plugin-view.ts';
import type { PluginView } from '../../render/plugin-view.ts';

/** The active plugin of this name, or else a skipped one. @throws KleenetError PLUGIN_NOT_FOUND */
export function findPlugin(catalog: PluginCatalog, name: string): PluginView {
  const plugin = pluginViews(catalog).find((view) => view.name === name);
  if (plugin !== undefined) return plugin;
  throw new KleenetError('PLUGIN_NOT_FOUND', `no plugin is named ${JSON.stringify(name)}`, {
    hint: "'klee plugin ls' lists the plugins",
    details: { plugin: name },
  });
}
