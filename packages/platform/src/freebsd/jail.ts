/** Typed wrapper around jail(8). */
import type { Argv, CommandRunner, IpAddress } from '@kleenet/core';
import { change } from './run.ts';
import type { Outcome, RunOptions } from './run.ts';

/** The desired addresses of a jail, for each family that is to be set. */
export interface JailAddresses {
  readonly ipv4?: readonly IpAddress[];
  readonly ipv6?: readonly IpAddress[];
}

/**
 * Makes a jail; `parameters` as jail(8) takes them, including `name=…`. Of two concurrent calls exactly one succeeds.
 */
export function createJail(
  commands: CommandRunner,
  parameters: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return change(commands, ['jail', '-c', ...parameters], options);
}

/** Sets the complete address list of a running jail, for each given family. */
export function setAddresses(
  commands: CommandRunner,
  name: string,
  addresses: JailAddresses,
  options: RunOptions = {},
): Promise<Outcome> {
  return change(commands, setAddressesArgv(name, addresses), options);
}

/** The command line of {@link setAddresses}. */
export function setAddressesArgv(name: string, { ipv4, ipv6 }: JailAddresses): Argv {
  return [
    'jail',
    '-m',
    `name=${name}`,
    ...(ipv4 === undefined ? [] : [`ip4.addr=${ipv4.join(',')}`]),
    ...(ipv6 === undefined ? [] : [`ip6.addr=${ipv6.join(',')}`]),
  ];
}

/** Ends the processes of a jail and removes it, without running the commands that jail.conf(5) may have for it. */
export function removeJail(
  commands: CommandRunner,
  name: string,
  options: RunOptions = {},
): Promise<Outcome> {
  return change(commands, ['jail', '-R', name], {
    ...options,
    tolerate: ['jail-gone', 'jail-dying', ...(options.tolerate ?? [])],
  });
}
