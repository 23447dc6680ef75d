import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { CONTAINERS } from '../arguments.ts';
import { forEachReference } from '../each.ts';

export const command: Command = defineCommand({
  describe: 'Remove containers, free their addresses and print their ids',
  arguments: { containers: CONTAINERS },
  options: {
    force: { type: 'flag', alias: 'f', describe: 'kill what is running, without waiting' },
  },
  examples: [
    ['container rm container1', 'a stopped container'],
    ['rmc -f container1 container2', 'running or not'],
  ],
  async run(context, { containers }, { force = false }) {
    const { core, engine } = await context.open();
    return await forEachReference(context, containers, async (reference) => {
      context.output.print(await core.removeContainer(engine, reference, { force }));
    });
  },
});
