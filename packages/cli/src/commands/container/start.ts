import { KleenetError } from '@kleenet/core/errors';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { CONTAINERS } from '../arguments.ts';
import { forEachReference } from '../each.ts';
import { foreground, waitForCommand } from './foreground.ts';

export const command: Command = defineCommand({
  describe: 'Start created or stopped containers',
  arguments: { containers: CONTAINERS },
  options: {
    attach: {
      type: 'flag',
      alias: 'a',
      describe: 'run the command in the foreground, and exit with its status; for one container',
    },
  },
  examples: [
    ['start container1 container2', 'in the background'],
    ['start -a container1', 'in the foreground'],
  ],
  async run(context, { containers }, { attach }) {
    if (attach === true && containers.length > 1) {
      throw new KleenetError('INVALID_ARGUMENT', 'option --attach takes one container', {
        hint: 'start the others without it',
      });
    }
    const { core, engine } = await context.open();
    const [first] = containers;
    if (attach === true && first !== undefined) {
      const streams = await foreground(context, undefined);
      return await waitForCommand(context, await core.startContainer(engine, first, streams));
    }
    return await forEachReference(context, containers, async (reference) => {
      await core.startContainer(engine, reference, 'detached');
    });
  },
});
