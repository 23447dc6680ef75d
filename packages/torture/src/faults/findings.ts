/** What the machine `faults` finds. */
export const FAULT_KINDS = [
  'wrong end',
  'changed',
  'unrepaired',
  'leak',
  'deaf',
  'open',
  'wrong answer',
  'late',
  'cut',
  'outlived',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];
