/** The complete list of what is tried on a host, in an order that a seed decides. Pure. */
import type { Case } from './findings.ts';
import { FRAME_VOLLEYS, SOCKET_VOLLEYS } from './volleys/index.ts';

/** Those who send frames: from a container of each image, and with all rights in its network namespace. */
const SENDERS = [
  { attacker: 'evil', by: 'container' },
  { attacker: 'vile', by: 'container' },
  { attacker: 'evil', by: 'administrator' },
] as const;

export function casesOf(seed: number): readonly Case[] {
  const frames = FRAME_VOLLEYS.flatMap(({ name }) =>
    SENDERS.map((sender) => ({ volley: name, ...sender })),
  );
  const sockets = SOCKET_VOLLEYS.map(({ name }) => ({
    volley: name,
    attacker: 'crafty' as const,
    by: 'container' as const,
  }));
  return orderOf([...frames, ...sockets], seed);
}

/** The order of a seed (Fisher and Yates, with the generator mulberry32). */
export function orderOf<T>(list: readonly T[], seed: number): readonly T[] {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const ordered = [...list];
  for (let last = ordered.length - 1; last > 0; last -= 1) {
    const other = Math.floor(next() * (last + 1));
    const [one, two] = [ordered[last] as T, ordered[other] as T];
    ordered[last] = two;
    ordered[other] = one;
  }
  return ordered;
}
