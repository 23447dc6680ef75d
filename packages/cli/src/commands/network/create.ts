import type { NetworkType } from '@kleenet/core';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';

export const command: Command = defineCommand({
  describe: 'Create a network and print its id',
  arguments: { name: { count: 'one', name: 'NAME' } },
  options: {
    type: {
      type: 'text',
      alias: 't',
      choices: ['loopback', 'bridge', 'custom'],
      describe: 'kind of host interface (default loopback)',
    },
    interface: {
      type: 'text',
      alias: 'i',
      completes: 'interface',
      describe: 'host interface; chosen unless given, required for type custom',
    },
    subnet: { type: 'text', describe: 'IPv4 subnet, such as 10.1.0.0/24' },
    subnet6: { type: 'text', describe: 'IPv6 subnet, such as fd00:1::/64' },
    gateway: {
      type: 'text',
      name: 'gw',
      mayBeEmpty: true,
      describe: "IPv4 gateway: an address, auto, or '' for none (default auto for bridge networks)",
    },
    gateway6: { type: 'text', name: 'gw6', mayBeEmpty: true, describe: 'IPv6 gateway, likewise' },
    nat: {
      type: 'flag',
      negatable: true,
      describe: 'masquerade traffic that leaves the network (default)',
    },
    natInterface: {
      type: 'text',
      name: 'nat-if',
      completes: 'interface',
      describe: 'outgoing interface of masqueraded traffic (default: that of the default route)',
    },
    icc: {
      type: 'flag',
      negatable: true,
      describe: 'let containers of the network reach each other (default)',
    },
    internal: { type: 'flag', describe: 'isolate the network from everything outside it' },
    ranges: {
      type: 'list',
      name: 'ip-range',
      describe: 'range of the subnet to allocate addresses from; once per family',
    },
    exclude: { type: 'list', describe: 'address or subnet that is never leased; repeatable' },
    mtu: {
      type: 'number',
      minimum: 68,
      maximum: 65_535,
      describe: 'size of the largest packet (MTU), in bytes',
    },
    labels: { type: 'list', name: 'label', describe: 'label as KEY=VALUE; repeatable' },
    driver: {
      type: 'text',
      completes: 'driver',
      describe: 'driver that the network belongs to: only its containers connect',
    },
    driverOptions: {
      type: 'list',
      name: 'driver-opt',
      describe: 'option of the network for its driver as KEY=VALUE; repeatable',
    },
    allowOverlap: {
      type: 'flag',
      name: 'allow-overlap',
      describe: 'allow a subnet that overlaps another network or a host route',
    },
  },
  examples: [
    ['network create --subnet 10.10.36.0/24 testnet', 'a loopback network'],
    [
      'network create -t bridge --subnet 10.4.6.0/24 --subnet6 fd46::/64 dual',
      'a bridge with both families',
    ],
    [
      'network create -t custom -i em0 --subnet 192.168.1.0/24 --ip-range 192.168.1.128/25 lan',
      'an interface of your own',
    ],
  ],
  async run(context, { name }, { type, ...options }) {
    const { core, engine } = await context.open();
    const request = {
      name,
      ...(type === undefined ? {} : { type: type as NetworkType }),
      ...options,
    };
    const network = await core.createNetwork(engine, request);
    context.created(network.id);
  },
});
