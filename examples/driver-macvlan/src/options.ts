/** What an endpoint may ask for. */
import { isIP } from 'node:net';
import type { Family, OptionDescription } from '@kleenet/core/driver';

/** The option that names the gateway of each family: a custom network has none of its own. */
export const GATEWAY_OPTION: Readonly<Record<Family, string>> = {
  ipv4: 'gateway',
  ipv6: 'gateway6',
};

export const OPTIONS: Readonly<Record<string, OptionDescription>> = Object.freeze({
  gateway: {
    description: 'IPv4 address of the router that is the way out. Default: no way out.',
    check: (value: string) => (isIP(value) === 4 ? undefined : 'is not an IPv4 address'),
  },
  gateway6: {
    description: 'IPv6 address of the router that is the way out. Default: no way out.',
    check: (value: string) =>
      isIP(value) === 6 && !value.includes('%') ? undefined : 'is not an IPv6 address',
  },
});
