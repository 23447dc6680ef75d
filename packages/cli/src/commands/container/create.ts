import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { CREATE_ARGUMENTS, CREATE_OPTIONS, NETWORK_NOTES, createRequest } from './options.ts';

export const command: Command = defineCommand({
  describe: 'Create a container without starting it, and print its id',
  arguments: CREATE_ARGUMENTS,
  options: CREATE_OPTIONS,
  examples: [
    [
      'container create --name web --network testnet host node server.js',
      'connected to testnet with ipnet',
    ],
    [
      'container create --name v1 --driver vnet --network net1 --network net2:ip=10.4.7.9 host',
      'on two networks',
    ],
  ],
  notes: NETWORK_NOTES,
  async run(context, args, options) {
    const request = createRequest(args, options, context.directory());
    const { core, engine } = await context.open();
    const container = await core.createContainer(engine, request);
    context.created(container.id);
  },
});
