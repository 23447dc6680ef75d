/** What the machine `faults` puts in, and what it finds. */
import type { CallFault } from './calls.ts';
import type { DamageFault } from './damage.ts';
import type { LimitFault } from './limits.ts';

export type HostFault = CallFault | LimitFault | DamageFault;

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

/** What was wrong, as the machine tells it. */
export interface Wrong {
  readonly kind: FaultKind;
  readonly text: string;
}
