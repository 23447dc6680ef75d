import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { foreground, waitForCommand } from './foreground.ts';
import { CREATE_ARGUMENTS, CREATE_OPTIONS, NETWORK_NOTES, createRequest } from './options.ts';

export const command: Command = defineCommand({
  describe: 'Create a container and start it',
  arguments: CREATE_ARGUMENTS,
  options: {
    ...CREATE_OPTIONS,
    detach: { type: 'flag', alias: 'd', describe: 'run in the background and print the id' },
  },
  examples: [
    ['run --network=testnet FreeBSD-13.2-RELEASE', 'connected to testnet, with the driver ipnet'],
    ["run --rm host sh -c 'exit 7'", "exits with the command's own status: 7"],
    [
      'run -d --name web -n testnet:ip=10.10.36.5 -p 8080:80 host node server.js',
      'a server in the background',
    ],
  ],
  notes: NETWORK_NOTES,
  passesStatus: true,
  async run(context, args, { detach, ...options }) {
    const request = createRequest(args, options, context.directory());
    const { core, engine } = await context.open();
    const streams = detach === true ? 'detached' : await foreground(context, options.terminal);
    const started = await core.runContainer(engine, request, streams);
    if (detach !== true) return await waitForCommand(context, started);
    context.created(started.container.id);
    return undefined;
  },
});
