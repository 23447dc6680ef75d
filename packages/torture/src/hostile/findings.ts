/** What the machine `hostile` finds. */
import type { KindOfHost, Sender } from './scene/host.ts';
import type { Attacker } from './scene/plan.ts';
import type { Place } from './scene/places.ts';

/**
 * What may be wrong: a frame arrived where none may (`passed`), the host or another container has other routes, neighbours
 * or settings, or what should arrive does not (`deaf`).
 */
export const HOSTILE_KINDS = ['passed', 'host changed', 'neighbour changed', 'deaf'] as const;

/** One volley from one attacker. */
export interface Case {
  readonly volley: string;
  readonly attacker: Attacker;
  readonly by: Sender;
  /** The places in the volley of the frames that are sent, if not all are. */
  readonly only?: readonly number[];
}

export interface HostileFinding {
  readonly kind: (typeof HOSTILE_KINDS)[number];
  readonly text: string;
  readonly host: KindOfHost;
  readonly case: Case;
  /** How many frames the case has. */
  readonly frames: number;
  /** The frame that arrived, in hexadecimal, and its place in the volley. */
  readonly frame?: string;
  readonly index?: number;
}

export interface Campaign {
  readonly volleys: number;
  readonly sent: number;
  /** By place. */
  readonly seen: Readonly<Partial<Record<Place, number>>>;
  readonly findings: readonly HostileFinding[];
}
