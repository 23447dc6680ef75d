/** Where a bridge was told to look for MAC addresses: typed wrapper around `ifconfig BRIDGE addr`. */
import type { CommandRunner } from '@kleenet/core';
import { read } from './run.ts';

/** A MAC address that is only ever looked for behind one member. */
export interface StaticAddress {
  readonly ether: string;
  readonly member: string;
}

/** What a bridge was told; nothing when there is no such bridge. What it has learnt comes and goes. */
export async function readStaticAddresses(
  commands: CommandRunner,
  bridge: string,
): Promise<readonly StaticAddress[]> {
  const { stdout } = await read(commands, ['ifconfig', bridge, 'addr'], {
    tolerate: ['interface-gone'],
  });
  return parseStaticAddresses(stdout);
}

/** The MAC address, its VLAN, the member, seconds until it is forgotten, and flags. */
const LINE = /^\s*(\S+) Vlan\d+ (\S+) \d+ flags=\w+<(.*)>/;

function parseStaticAddresses(text: string): readonly StaticAddress[] {
  return text.split('\n').flatMap((line) => {
    const [, ether, member, flags = ''] = LINE.exec(line) ?? [];
    if (ether === undefined || member === undefined || !flags.split(',').includes('STATIC'))
      return [];
    return [{ ether, member }];
  });
}
