import type { Tell } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { CONTAINERS } from '../arguments.ts';
import { reportEach } from '../each.ts';

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
    const remove = (references: readonly string[], tell: Tell): Promise<void> =>
      core.removeContainers(engine, references, { force }, tell);
    return await reportEach(context, containers, remove, (outcome) => {
      if ('id' in outcome) context.output.print(outcome.id);
      // With -f, a missing container is a success.
      else if (force && hasCode(outcome.error, 'CONTAINER_NOT_FOUND'))
        context.output.note(`warning: ${outcome.error.message}`);
      else return false;
      return true;
    });
  },
});
