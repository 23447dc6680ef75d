import { UsageError } from '../../command-line/exit-status.ts';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { CONTAINER } from '../arguments.ts';
import { foreground, waitForCommand } from './foreground.ts';

export const command: Command = defineCommand({
  describe: 'Run another command in a running container',
  arguments: { container: CONTAINER, command: { count: 'command', name: 'COMMAND' } },
  options: {
    detached: { type: 'flag', name: 'detach', alias: 'd', describe: 'run in the background' },
    interactive: { type: 'flag', alias: 'i', describe: 'keep the standard input open' },
    terminal: { type: 'flag', name: 'tty', alias: 't', describe: 'give the command a terminal' },
    user: { type: 'text', alias: 'u', describe: 'user in the container, as NAME or UID[:GID]' },
    env: { type: 'list', alias: 'e', describe: 'environment variable as KEY=VALUE; repeatable' },
  },
  examples: [
    ['exec container1 ls -l /etc', 'options after CONTAINER belong to the command'],
    ['exec -it container1 sh', 'a shell'],
  ],
  passesStatus: true,
  async run(context, args, options) {
    if (args.command.length === 0) {
      throw new UsageError('missing argument COMMAND', 'add --help to see what the command takes');
    }
    const { core, engine } = await context.open();
    const streams =
      options.detached === true ? 'detached' : await foreground(context, options.terminal);
    const terminal = typeof streams === 'string' ? {} : { callerTerminal: streams.terminal };
    const started = await core.execInContainer(engine, { ...args, ...options, ...terminal });
    return await waitForCommand(context, started);
  },
});
