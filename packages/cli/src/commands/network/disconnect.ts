import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { CONTAINER, NETWORK } from '../arguments.ts';

export const command: Command = defineCommand({
  describe: 'Disconnect a container from a network and free its addresses',
  arguments: { network: NETWORK, container: CONTAINER },
  options: {
    force: {
      type: 'flag',
      alias: 'f',
      describe:
        "disconnect even if cleaning up the host fails; 'klee system check' lists what remains",
    },
  },
  examples: [['network disconnect testnet container1', 'running or not']],
  async run(context, args, options) {
    const { core, engine } = await context.open();
    await core.disconnect(engine, { ...args, ...options });
  },
});
