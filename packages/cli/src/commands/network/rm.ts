import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { NETWORKS } from '../arguments.ts';
import { forEachReference } from '../each.ts';

export const command: Command = defineCommand({
  describe: 'Disconnect all containers of networks, remove the networks and print their ids',
  arguments: { networks: NETWORKS },
  options: {},
  examples: [['network rm testnet othernet', 'remove two networks']],
  async run(context, { networks }) {
    const { core, engine } = await context.open();
    return await forEachReference(context, networks, async (reference) => {
      context.output.print(await core.removeNetwork(engine, reference));
    });
  },
});
