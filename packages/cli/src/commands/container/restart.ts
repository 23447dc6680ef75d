import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { CONTAINERS, GRACE, graceOf } from '../arguments.ts';
import { forEachReference } from '../each.ts';

export const command: Command = defineCommand({
  describe: 'Stop containers and start them again, with the same addresses',
  arguments: { containers: CONTAINERS },
  options: { time: GRACE },
  examples: [['restart container1', 'stop and start']],
  async run(context, { containers }, { time }) {
    const { core, engine } = await context.open();
    return await forEachReference(context, containers, (reference) =>
      core.restartContainer(engine, reference, graceOf(time)),
    );
  },
});
