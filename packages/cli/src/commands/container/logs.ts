import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { CONTAINER } from '../arguments.ts';
import { waitForCommand } from './foreground.ts';

export const command: Command = defineCommand({
  describe: "Print the newest output of a container's command",
  arguments: { container: CONTAINER },
  options: {
    follow: { type: 'flag', alias: 'f', describe: 'follow the output while the command runs' },
    tail: { type: 'number', minimum: 0, describe: 'print only this many lines from the end' },
  },
  examples: [['container logs -f --tail 10 container1', 'the last ten lines, and all that follow']],
  async run(context, { container }, { follow = false, tail }) {
    const { core, engine, commands } = await context.open();
    const argv = await core.containerLogs(engine, container, {
      follow,
      ...(tail === undefined ? {} : { tail }),
    });
    if (argv === undefined) return undefined;
    const printer = commands.foreground(argv, { stdin: false });
    return await waitForCommand(context, {
      exited: printer.exited,
      signal: (name) => printer.signal(name),
    });
  },
});
