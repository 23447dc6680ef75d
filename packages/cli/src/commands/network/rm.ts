import type { Tell } from '@kleenet/core';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { NETWORKS } from '../arguments.ts';
import { reportEach } from '../each.ts';

export const command: Command = defineCommand({
  describe: 'Disconnect all containers of networks, remove the networks and print their ids',
  arguments: { networks: NETWORKS },
  options: {},
  examples: [['network rm testnet othernet', 'remove two networks']],
  async run(context, { networks }) {
    const { core, engine } = await context.open();
    const remove = (references: readonly string[], tell: Tell): Promise<void> =>
      core.removeNetworks(engine, references, tell);
    return await reportEach(context, networks, remove, (outcome) => {
      if ('id' in outcome) context.output.print(outcome.id);
      return 'id' in outcome;
    });
  },
});
