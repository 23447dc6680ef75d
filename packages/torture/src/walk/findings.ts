/** What walks find. */

/**
 * What may be wrong: how a command ended, what `system check` says, who has which address, servers of containers that are
 * not there; packets that do not arrive (`deaf`) or should not have (`open`), or are answered by another or late; open
 * connections that a step should have ended (`outlived`) or should not have (`cut`); and what is left when everything was
 * removed.
 */
export const FINDING_KINDS = [
  'wrong end',
  'check',
  'addresses',
  'no server',
  'deaf',
  'open',
  'wrong answer',
  'late',
  'outlived',
  'cut',
  'leak',
] as const;

export interface Finding {
  readonly kind: (typeof FINDING_KINDS)[number];
  /** After which step, counted from 0. The end of the walk is one more than the last. */
  readonly step: number;
  readonly text: string;
}

export interface Counts {
  steps: number;
  packets: number;
}

export interface Walked {
  readonly counts: Counts;
  readonly finding?: Finding;
}

/** A finding of a step that the caller knows. */
export type Found = Omit<Finding, 'step'> | undefined;
