import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';

export const command: Command = defineCommand({
  describe: 'Take over a state directory that was moved, or restored from a copy',
  arguments: {},
  options: {},
  examples: [
    [
      '--root /srv/kleenet system adopt',
      'after the directory was moved there, or the original was lost',
    ],
  ],
  notes:
    'klee refuses to change anything with a state directory that is not where its networks and containers were made: a copy ' +
    'would end what belongs to the original. This makes the directory at hand the one that counts. It is refused while the ' +
    'original is there, and while containers of it run. Prints where the directory lived before.',
  async run(context) {
    const { engine, home } = await context.open();
    const before = await home.adopt(engine);
    if (before === undefined) context.output.note('the state directory lives here already');
    else context.output.print(before);
  },
});
