import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';

export const command: Command = defineCommand({
  describe: 'Clean up after a run whose command has ended; called by its supervisor',
  arguments: {
    container: { count: 'one', name: 'CONTAINER' },
    run: { count: 'one', name: 'RUN' },
  },
  options: {},
  examples: [],
  async run(context, { container, run }) {
    const { core, engine } = await context.open();
    await core.reapRun(engine, container, run);
  },
});
