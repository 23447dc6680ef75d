/** Commands at whose every point something happens, on FreeBSD. */
import { BRIDGE, LOOPBACK, start } from './kill.ts';
import type { Scenario } from './kill.ts';

/**
 * A network that is there before, and stays: with the last network go all rules of the firewall, also those that
 * should have gone before.
 */
export const BESIDE =
  'network create -t bridge --subnet 10.82.0.0/24 --subnet6 fd82::/64 beside'.split(' ');

const PUBLISHED = start('vnet', '-n', 'net', '-p', '8080:80');
const CONNECT = ['network', 'connect', 'net', 'c'];
const DISCONNECT = ['network', 'disconnect', 'net', 'c'];

/** Every network has both families: the steps of one are steps of the other. */
export const FREEBSD_NETWORK_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'network create, loopback': { given: [], command: LOOPBACK, done: /already exists/ },
  'network create, bridge': { given: [], command: BRIDGE, done: /already exists/ },
  'network rm': {
    given: [BRIDGE, start('vnet', '-n', 'net')],
    command: ['network', 'rm', 'net'],
    done: /not found/,
  },
  'network connect, ipnet': {
    given: [BRIDGE, start('ipnet')],
    command: CONNECT,
    done: /already connected/,
  },
  'network connect, vnet, stopped': {
    given: [BRIDGE, ['create', '--name', 'c', '-l', 'vnet', 'host', 'sleep', '600']],
    command: CONNECT,
    done: /already connected/,
  },
  'network disconnect, ipnet': {
    given: [LOOPBACK, start('ipnet', '-n', 'net')],
    command: DISCONNECT,
    done: /not connected/,
  },
  'network disconnect, vnet': {
    given: [BRIDGE, start('vnet', '-n', 'net')],
    command: DISCONNECT,
    done: /not connected/,
  },
};

export const FREEBSD_CONTAINER_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'run -d, vnet, with a published port': {
    given: [BRIDGE],
    command: PUBLISHED,
    done: /already exists/,
  },
  'container start, vnet': {
    given: [BRIDGE, ['create', '--name', 'c', '-l', 'vnet', '-n', 'net', 'host', 'sleep', '600']],
    command: ['start', 'c'],
    done: /running/,
  },
  'container stop, ipnet': {
    given: [LOOPBACK, start('ipnet', '-n', 'net')],
    command: ['stop', 'c'],
    done: /^$/,
  },
  'container rm -f, with a published port': {
    given: [BRIDGE, PUBLISHED],
    command: ['container', 'rm', '-f', 'c'],
    done: /not found/,
  },
};

/** More of the same kind, for where a try costs little. */
export const FREEBSD_FURTHER_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'run -d, ipnet': {
    given: [LOOPBACK],
    command: start('ipnet', '-n', 'net'),
    done: /already exists/,
  },
  'container stop, vnet': {
    given: [BRIDGE, start('vnet', '-n', 'net')],
    command: ['stop', 'c'],
    done: /^$/,
  },
  'container start, ipnet, on two networks': {
    given: [
      LOOPBACK,
      ['create', '--name', 'c', '-l', 'ipnet', '-n', 'net', '-n', 'beside', 'host', 'sleep', '600'],
    ],
    command: ['start', 'c'],
    done: /running/,
  },
  'network rm, with ipnet containers': {
    given: [
      LOOPBACK,
      start('ipnet', '-n', 'net'),
      ['run', '-d', '--name', 'd', '-n', 'net', '-n', 'beside', 'host', 'sleep', '600'],
    ],
    command: ['network', 'rm', 'net'],
    done: /not found/,
  },
};
