import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { pluginViews } from '../../render/plugin-view.ts';
import type { PluginView } from '../../render/plugin-view.ts';
import { showList } from '../../render/show.ts';
import type { Listing } from '../../render/show.ts';

const LISTING: Listing<PluginView> = {
  columns: [
    ['NAME', ({ name }) => name],
    ['VERSION', ({ version }) => version],
    ['DRIVERS', ({ drivers }) => drivers.map(({ name }) => name).join(', ')],
    [
      'PLATFORMS',
      ({ drivers }) => [...new Set(drivers.flatMap(({ platforms }) => platforms))].join(', '),
    ],
    ['FROM', ({ origin }) => origin],
    ['STATE', stateOf],
  ],
  id: ({ name }) => name,
};

function stateOf({ state, linked_to: target, reason }: PluginView): string {
  // The reason of a link that leads nowhere names its end.
  const linked = target === '' || reason.includes(target) ? '' : `, linked to ${target}`;
  return `${state}${linked}${reason === '' ? '' : `: ${reason}`}`;
}

export const command: Command = defineCommand({
  describe: 'List plugins, their drivers and why a plugin is skipped, without loading their code',
  arguments: {},
  options: {},
  examples: [
    ['plugin ls', 'all plugins'],
    ['plugin ls --format json', 'with all that their manifests say'],
  ],
  notes:
    'FROM says where a plugin was found: klee has it built in; system is the plugin directory of the system, user ' +
    'that of the user (not for root), config the configuration file. The first of a name is used. ' +
    'One that was added with --link is used from the directory that STATE names.',
  async run(context) {
    await showList(context, LISTING, pluginViews(await context.plugins()));
  },
});
