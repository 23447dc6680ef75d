/** The text of hosts(5) in containers, and how much of it goes into one command. Pure. */
import type { Container, HostEntry } from '@kleenet/core';

/**
 * The text of hosts(5): the container itself, then those whom it shares a network with.
 *
 * @param own - where a container without addresses finds itself under its name
 */
export function hostsText(
  { name }: Pick<Container, 'name'>,
  entries: readonly HostEntry[],
  own: string,
): string {
  const usual = [
    { address: '127.0.0.1', names: ['localhost'] },
    { address: '::1', names: ['localhost', 'ip6-localhost', 'ip6-loopback'] },
    { address: own, names: [name] },
  ];
  // The first line of a name counts: where the container has addresses, those are its name's.
  const known = entries.some(({ names }) => names.includes(name));
  const all = [...usual.filter(({ names }) => !known || !names.includes(name)), ...entries];
  return all.map(({ address, names }) => `${address}\t${names.join(' ')}\n`).join('');
}

/** Puts items together while their sizes add up to no more than `limit`; one that is larger goes alone. */
export function inBatches<T>(
  items: readonly T[],
  limit: number,
  sizeOf: (item: T) => number,
): readonly (readonly T[])[] {
  const batches: T[][] = [];
  let room = 0;
  for (const item of items) {
    room -= sizeOf(item);
    if (room < 0) {
      batches.push([]);
      room = limit - sizeOf(item);
    }
    batches.at(-1)?.push(item);
  }
  return batches;
}
