import type { Tell } from '@kleenet/core';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { CONTAINERS, GRACE, graceOf } from '../arguments.ts';
import { reportEach } from '../each.ts';

export const command: Command = defineCommand({
  describe: 'Stop containers; they keep their addresses',
  arguments: { containers: CONTAINERS },
  options: { time: GRACE },
  examples: [
    ['stop container1', 'ask the command to end, and kill it after 10 seconds'],
    ['stop -t 0 container1 container2', 'kill immediately'],
  ],
  async run(context, { containers }, { time }) {
    const { core, engine } = await context.open();
    const stop = (references: readonly string[], tell: Tell): Promise<void> =>
      core.stopContainers(engine, references, graceOf(time), tell);
    return await reportEach(context, containers, stop, () => false);
  },
});
