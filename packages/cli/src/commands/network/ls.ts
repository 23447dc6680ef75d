import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { showList } from '../../render/show.ts';
import type { Listing } from '../../render/show.ts';
import { networkView } from '../../render/views.ts';
import type { NetworkView } from '../../render/views.ts';
import { networkFilter } from './filter.ts';

const LISTING: Listing<NetworkView> = {
  columns: [
    ['ID', ({ id }) => id],
    ['NAME', ({ name }) => name],
    ['TYPE', ({ type }) => type],
    ['INTERFACE', (network) => network.interface],
    ['SUBNET', ({ subnet, subnet6 }) => [subnet, subnet6].filter((text) => text !== '').join(', ')],
  ],
  id: ({ id }) => id,
};

export const command: Command = defineCommand({
  describe: 'List networks',
  arguments: {},
  options: {
    filters: {
      type: 'list',
      name: 'filter',
      describe: 'id=, name= (a part is enough), type=, driver= or label=KEY[=VALUE]; repeatable',
    },
  },
  examples: [
    ['network ls', 'all networks'],
    ['network ls --filter type=bridge --quiet', 'ids of bridge networks'],
    ['network ls --filter label=team=web --format json', 'for programs'],
  ],
  async run(context, _args, { filters = [] }) {
    const matches = networkFilter(filters);
    const { core, engine } = await context.look();
    await core.tidy(engine);
    const networks = await core.listNetworks(engine);
    await showList(context, LISTING, networks.map(networkView).filter(matches));
  },
});
