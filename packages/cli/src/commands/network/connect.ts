import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { CONTAINER, NETWORK } from '../arguments.ts';

export const command: Command = defineCommand({
  describe: 'Connect a container to a network',
  arguments: { network: NETWORK, container: CONTAINER },
  options: {
    ip: { type: 'text', describe: 'IPv4 address to lease (default: the next free one)' },
    ip6: { type: 'text', describe: 'IPv6 address to lease' },
    mac: { type: 'text', describe: 'MAC address, for drivers whose containers have one' },
    gatewayPriority: {
      type: 'number',
      name: 'gw-priority',
      describe: 'priority for the default route; the highest number wins (default 0)',
    },
    driverOptions: {
      type: 'list',
      name: 'driver-opt',
      describe: 'option of the driver as KEY=VALUE; repeatable',
    },
  },
  examples: [
    ['network connect testnet container1', 'lease the next free address'],
    ['network connect --ip 10.10.36.122 testnet container2', 'lease this one'],
  ],
  notes:
    'The address stays leased until the container is disconnected or removed. A running container can be connected ' +
    'if its driver allows it: ipnet does, vnet does not.',
  async run(context, args, options) {
    const { core, engine } = await context.open();
    await core.connect(engine, { ...args, ...options });
  },
});
