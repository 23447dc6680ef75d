import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { CONTAINER } from '../arguments.ts';

export const command: Command = defineCommand({
  describe: 'Give a container another name',
  arguments: { container: CONTAINER, name: { count: 'one', name: 'NAME' } },
  options: {},
  examples: [['container rename container1 web', 'running or not']],
  async run(context, { container, name }) {
    const { core, engine } = await context.open();
    await core.renameContainer(engine, container, name);
  },
});
