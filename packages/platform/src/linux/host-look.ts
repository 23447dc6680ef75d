/** Readings of the whole host, each shared by everything that wants it: with many containers, one for all of them. */
import type { CommandRunner } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import type { IpObject } from '@kleenet/core/linux';
import { ipLook } from './ip-look.ts';
import { ipRead } from './ip.ts';
import type { IpBatch } from './ip.ts';

/** The interfaces with their addresses, and the proxied addresses: what a change has to know before it. */
export const HOST_ADDRESSES: IpBatch = {
  lines: ['address show', 'neighbour show proxy'],
  brief: true,
  shared: true,
};

/** The same with all settings of the interfaces, to compare them: four times as much where there are many bridges. */
export const HOST_DETAILS: IpBatch = { ...HOST_ADDRESSES, brief: false };

export const HOST_ROUTES: IpBatch = { lines: ['route show table all'], shared: true };

const HOST_NEIGHBOURS: IpBatch = { lines: ['neighbour show nud permanent'], shared: true };

/** The interfaces, routes, permanent neighbours and proxied addresses of the host. */
export async function lookAtHost(commands: CommandRunner): Promise<readonly IpObject[]> {
  const readings = [HOST_DETAILS, HOST_ROUTES, HOST_NEIGHBOURS];
  return (await Promise.all(readings.map((reading) => ipRead(commands, reading)))).flat();
}

/**
 * The same of a container's namespace: whatever is to be compared in there is in one reading. Nothing where it is missing.
 * What a container controls is untrusted, and can only hide a difference.
 */
export function lookInside(commands: CommandRunner, netns: string): Promise<readonly IpObject[]> {
  const lines = ['address show', 'route show table all', 'neighbour show nud permanent'];
  return ipLook(commands, { lines, netns, shared: true, together: true });
}

/** Whether ip(8) is on the host, told by a reading that others share. */
export async function hasIp(commands: CommandRunner): Promise<boolean> {
  try {
    await ipRead(commands, HOST_ADDRESSES);
    return true;
  } catch (error) {
    if (!hasCode(error, 'TOOL_MISSING')) throw error;
    return false;
  }
}

/** The interface of this name among them, and what is at it. */
export function atInterface(objects: readonly IpObject[], name: string): readonly IpObject[] {
  return objects.filter((object) => ('ifname' in object ? object.ifname : object.dev) === name);
}
