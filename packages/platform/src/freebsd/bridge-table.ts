/** Static entries of a bridge's address table: typed wrapper around `ifconfig BRIDGE addr`. */
import type { CommandRunner } from '@kleenet/core';
import { read } from './run.ts';

/** A MAC address that is bound to one member. */
export interface StaticAddress {
  readonly ether: string;
  readonly member: string;
}

/** The static entries of a bridge; none if there is no such bridge. Learnt entries come and go. */
export async function readStaticAddresses(
  commands: CommandRunner,
  bridge: string,
): Promise<readonly StaticAddress[]> {
  const { stdout } = await read(commands, ['ifconfig', bridge, 'addr'], {
    tolerate: ['interface-gone'],
  });
  return parseStaticAddresses(stdout);
}

/** The MAC address, its VLAN, the member, seconds until it expires, and flags. */
const LINE = /^\s*(\S+) Vlan\d+ (\S+) \d+ flags=\w+<(.*)>/;

function parseStaticAddresses(text: string): readonly StaticAddress[] {
  return text.split('\n').flatMap((line) => {
    const [, ether, member, flags = ''] = LINE.exec(line) ?? [];
    if (ether === undefined || member === undefined || !flags.split(',').includes('STATIC'))
      return [];
    return [{ ether, member }];
  });
}
