/** What the machine finds. */

export const FINDING_KINDS = ['not needed', 'deaf', 'open', 'wrong answer', 'wrong probe'] as const;

export interface Found {
  readonly kind: (typeof FINDING_KINDS)[number];
  readonly text: string;
}

export interface Progress {
  readonly seed: number;
  /** When to begin nothing new, as milliseconds since the epoch. */
  readonly until: number;
  readonly log: (line: string) => void;
}

/** What a part of the machine tried and found. */
export interface Outcome {
  readonly tried: Readonly<Record<string, number>>;
  readonly found: readonly Found[];
}
