import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { FORCE_PRUNE } from '../arguments.ts';

export const command: Command = defineCommand({
  describe: 'Remove containers that do not run, free their addresses and print their ids',
  arguments: {},
  options: { force: FORCE_PRUNE },
  examples: [['container prune -f', 'without being asked']],
  async run(context, _args, { force }) {
    if (force !== true && !(await context.confirm('Remove all containers that do not run?')))
      return;
    const { core, engine } = await context.open();
    await core.pruneContainers(engine, (id) => context.output.print(id));
  },
});
