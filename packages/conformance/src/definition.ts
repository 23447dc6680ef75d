import type { PlatformName } from '@kleenet/core/driver';
import type { Candidate } from './candidate.ts';
import type { Need } from './needs.ts';

/** A rule of the contract that can be tested on any driver. Each run makes its own world. */
export interface CaseDefinition {
  /** Says the rule, as a sentence about the driver. */
  readonly name: string;
  readonly group: Group;
  readonly needs: readonly Need[];
  /** The platform whose capabilities count; absent where the case is about the declaration itself. */
  readonly on?: PlatformName;
  /** The platform on whose hosts alone the rule can be tested. Default: on those of all. */
  readonly only?: PlatformName;
  /** Rejects when the driver breaks the rule. */
  readonly run: (candidate: Candidate) => Promise<void>;
}

/** What a case is about. */
export type Group =
  | 'manifest'
  | 'validation'
  | 'data planes'
  | 'process'
  | 'plan'
  | 'attach'
  | 'detach'
  | 'observe'
  | 'faults'
  | 'neighbours'
  | 'networks'
  | 'checks';
