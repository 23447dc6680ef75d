import { hasCode } from '@kleenet/core/errors';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { CONTAINERS } from '../arguments.ts';
import { forEachReference } from '../each.ts';

export const command: Command = defineCommand({
  describe: 'Remove containers, free their addresses and print their ids',
  arguments: { containers: CONTAINERS },
  options: {
    force: {
      type: 'flag',
      alias: 'f',
      describe: 'kill running containers without waiting, and ignore missing ones',
    },
  },
  examples: [
    ['container rm container1', 'a stopped container'],
    ['rmc -f container1 container2', 'running or not'],
  ],
  async run(context, { containers }, { force = false }) {
    const { core, engine } = await context.open();
    return await forEachReference(context, containers, async (reference) => {
      try {
        context.output.print(await core.removeContainer(engine, reference, { force }));
      } catch (error) {
        // With -f, a missing container is a success.
        if (!force || !hasCode(error, 'CONTAINER_NOT_FOUND')) throw error;
        context.output.note(`warning: ${error.message}`);
      }
    });
  },
});
