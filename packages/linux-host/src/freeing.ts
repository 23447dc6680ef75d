/** The kernel frees a network namespace some time after its name is gone, and the pairs that lead there with it. */
import { setTimeout } from 'node:timers/promises';
import type { CommandRunner } from '@kleenet/core/driver';
import { readLinks } from './reading.ts';

/** In milliseconds. */
const PATIENCE = 5000;
const INTERVAL = 5;

/** The interfaces of the host whose other end is in one of these namespaces. */
export function peersIn(
  { links, numbers }: Awaited<ReturnType<typeof readLinks>>,
  namespaces: readonly string[],
): readonly string[] {
  return links
    .filter(({ linkinfo, link_netnsid: number }) => {
      const name = number === undefined ? undefined : numbers.get(number);
      return linkinfo?.info_kind === 'veth' && name !== undefined && namespaces.includes(name);
    })
    .map(({ ifname }) => ifname);
}

/** Waits until the host has none of them any more, as long as the kernel may need. */
export async function goneFrom(commands: CommandRunner, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  for (let waited = 0; waited < PATIENCE; waited += INTERVAL) {
    const there = (await readLinks(commands)).links.map(({ ifname }) => ifname);
    if (!names.some((name) => there.includes(name))) return;
    await setTimeout(INTERVAL);
  }
}
