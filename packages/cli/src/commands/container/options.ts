/** The common part of `create` and `run`: their options, and the resulting request. */
import { resolve } from 'node:path';
import type { CreateContainerRequest, RestartPolicy } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import type { Arguments, ArgumentValues, OptionValues } from '../../command-line/options.ts';
import { IMAGE } from '../arguments.ts';
import { parseNetworkOption } from './network-option.ts';

export const CREATE_ARGUMENTS = {
  image: IMAGE,
  command: { count: 'command', name: 'COMMAND' },
} as const satisfies Arguments;

export const CREATE_OPTIONS = {
  name: { type: 'text', describe: 'name of the container; generated unless given' },
  driver: {
    type: 'text',
    alias: 'l',
    completes: 'driver',
    describe:
      'driver, fixed for the life of the container (default: ipnet with --network, host without)',
  },
  network: {
    type: 'list',
    alias: 'n',
    completes: 'network',
    describe: 'network to connect to, as NAME[:ip=…,ip6=…,mac=…,gw-priority=…]; repeatable',
  },
  ip: { type: 'text', describe: 'IPv4 address, with one --network' },
  ip6: { type: 'text', describe: 'IPv6 address, with one --network' },
  mac: { type: 'text', describe: 'MAC address, with one --network' },
  driverOptions: {
    type: 'list',
    name: 'driver-opt',
    describe: 'option of the driver as KEY=VALUE, for each network; repeatable',
  },
  publish: {
    type: 'list',
    alias: 'p',
    describe: 'publish a port, as [IF:]HOST[:CONTAINER][/tcp|udp]; repeatable',
  },
  env: { type: 'list', alias: 'e', describe: 'environment variable as KEY=VALUE; repeatable' },
  user: { type: 'text', alias: 'u', describe: 'user in the container, as NAME or UID[:GID]' },
  mounts: {
    type: 'list',
    name: 'mount',
    alias: 'm',
    describe: 'host directory to mount, as SOURCE:TARGET[:ro]; repeatable',
  },
  jailParameters: {
    type: 'list',
    name: 'jailparam',
    alias: 'J',
    describe: 'parameter of jail(8), on FreeBSD; repeatable',
  },
  restart: {
    type: 'text',
    choices: ['no', 'on-startup'],
    describe: 'when to start without being asked (default no)',
  },
  interactive: { type: 'flag', alias: 'i', describe: 'keep the standard input open' },
  terminal: { type: 'flag', name: 'tty', alias: 't', describe: 'give the command a terminal' },
  autoRemove: {
    type: 'flag',
    name: 'rm',
    describe: 'remove the container when its command has ended',
  },
} as const;

export const NETWORK_NOTES =
  'Options for klee come before IMAGE; everything after it is the command. Without a command the image decides. The ' +
  'image "host" is always there: the programs of the host, read-only, with a layer that is thrown away.';

/**
 * @param directory - the base of relative mount sources
 * @throws KleenetError INVALID_ARGUMENT
 */
export function createRequest(
  args: ArgumentValues<typeof CREATE_ARGUMENTS>,
  options: OptionValues<typeof CREATE_OPTIONS>,
  directory: string,
): CreateContainerRequest {
  const { network = [], ip, ip6, mac, driverOptions, restart, mounts, ...rest } = options;
  const networks = network.map(parseNetworkOption);
  const single = {
    ...(ip === undefined ? {} : { ip }),
    ...(ip6 === undefined ? {} : { ip6 }),
    ...(mac === undefined ? {} : { mac }),
  };
  requireSingleNetwork(networks, Object.keys(single));
  const common = driverOptions === undefined ? {} : { driverOptions };
  return {
    ...args,
    ...rest,
    ...(restart === undefined ? {} : { restart: restart as RestartPolicy }),
    ...(mounts === undefined
      ? {}
      : { mounts: mounts.map((text) => absoluteMount(text, directory)) }),
    networks: networks.map((one) => ({ ...common, ...one, ...single })),
  };
}

/** `SOURCE:…` with the source as an absolute path. The engine refuses malformed mounts. */
function absoluteMount(text: string, directory: string): string {
  const [source = '', ...rest] = text.split(':');
  if (source === '' || source.startsWith('/') || rest.length === 0) return text;
  return [resolve(directory, source), ...rest].join(':');
}

function requireSingleNetwork(networks: readonly object[], given: readonly string[]): void {
  const [name] = given;
  if (name === undefined) return;
  if (networks.length !== 1) {
    throw new KleenetError('INVALID_ARGUMENT', `option --${name} needs exactly one --network`, {
      hint: `write it with its network: --network NAME:${name}=…`,
    });
  }
  const twice = given.find((key) => networks.some((network) => Object.hasOwn(network, key)));
  if (twice !== undefined) {
    throw new KleenetError(
      'INVALID_ARGUMENT',
      `option --${twice} is given twice: also in --network`,
    );
  }
}
