/** The complete list of what is tried on a host, in an order that a seed decides. Pure. */
import { shuffled } from '../order.ts';
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
  return shuffled([...frames, ...sockets], seed);
}
