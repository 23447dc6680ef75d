import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { FORCE_PRUNE } from '../arguments.ts';

export const command: Command = defineCommand({
  describe: 'Remove networks that no container is connected to, and print their ids',
  arguments: {},
  options: { force: FORCE_PRUNE },
  examples: [
    ['network prune -f', 'without being asked'],
    ['network prune --dry-run', 'show what would be removed'],
  ],
  notes: 'Stopped containers count as connected.',
  async run(context, _args, { force }) {
    if (force !== true && !(await context.confirm('Remove all networks without containers?')))
      return;
    const { core, engine } = await context.open();
    await core.pruneNetworks(engine, (id) => context.output.print(id));
  },
});
