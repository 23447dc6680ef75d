/** What the machine finds. */

export const AWAY_KINDS = [
  'unnoticed',
  'wrong name',
  'unmended',
  'side effect',
  'not silent',
] as const;

export interface Finding {
  readonly kind: (typeof AWAY_KINDS)[number];
  /** What was taken away, by names that are the same in each visit. */
  readonly what: string;
  readonly text: string;
}
