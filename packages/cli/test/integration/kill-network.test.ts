import { BRIDGE, LOOPBACK, killAtEveryPoint, start } from '../support/kill.ts';
import { linuxKillHost } from '../support/kill-linux.ts';

killAtEveryPoint(linuxKillHost(), {
  'network create': { given: [], command: BRIDGE, done: /already exists/ },
  'network rm': {
    given: [BRIDGE, start('ipnet', '-n', 'net')],
    command: ['network', 'rm', 'net'],
    done: /not found/,
  },
  'network connect': {
    given: [BRIDGE, start('ipnet')],
    command: ['network', 'connect', 'net', 'c'],
    done: /already connected/,
  },
  'network disconnect, ipnet': {
    given: [LOOPBACK, start('ipnet', '-n', 'net')],
    command: ['network', 'disconnect', 'net', 'c'],
    done: /not connected/,
  },
  'network disconnect, vnet': {
    given: [BRIDGE, start('vnet', '-n', 'net')],
    command: ['network', 'disconnect', 'net', 'c'],
    done: /not connected/,
  },
});
