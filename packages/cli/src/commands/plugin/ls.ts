import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { listPlugins } from '../../plugins.ts';
import { showList } from '../../render/show.ts';
import type { Listing } from '../../render/show.ts';

interface PluginView {
  readonly name: string;
  readonly version: string;
  readonly api_version: number;
  readonly drivers: readonly {
    readonly name: string;
    readonly description: string;
    readonly platforms: readonly string[];
  }[];
}

const LISTING: Listing<PluginView> = {
  columns: [
    ['NAME', ({ name }) => name],
    ['VERSION', ({ version }) => version],
    ['DRIVERS', ({ drivers }) => drivers.map(({ name }) => name).join(', ')],
    [
      'PLATFORMS',
      ({ drivers }) => [...new Set(drivers.flatMap(({ platforms }) => platforms))].join(', '),
    ],
  ],
  id: ({ name }) => name,
};

export const command: Command = defineCommand({
  describe: 'List plugins and their drivers, without loading their code',
  arguments: {},
  options: {},
  examples: [['plugin ls', 'all plugins']],
  async run(context) {
    const plugins = listPlugins();
    await showList(
      context,
      LISTING,
      plugins.map(({ name, version, apiVersion, drivers }) => ({
        name,
        version,
        api_version: apiVersion,
        drivers,
      })),
    );
  },
});
