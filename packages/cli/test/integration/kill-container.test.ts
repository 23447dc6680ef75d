import { BRIDGE, LOOPBACK, killAtEveryPoint, start } from '../support/kill.ts';
import { linuxKillHost } from '../support/kill-linux.ts';

killAtEveryPoint(linuxKillHost(), {
  'run -d, ipnet': {
    given: [LOOPBACK],
    command: start('ipnet', '-n', 'net'),
    done: /already exists/,
  },
  'run -d, vnet, with a published port': {
    given: [BRIDGE],
    command: start('vnet', '-n', 'net', '-p', '8080:80'),
    done: /already exists/,
  },
  'container stop': {
    given: [LOOPBACK, start('ipnet', '-n', 'net')],
    command: ['stop', 'c'],
    done: /^$/,
  },
  'container rm -f': {
    given: [BRIDGE, start('vnet', '-n', 'net', '-p', '8080:80')],
    command: ['container', 'rm', '-f', 'c'],
    done: /not found/,
  },
});
