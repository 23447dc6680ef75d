import { candidateOf, candidateOn } from './candidate.ts';
import type { Candidate, ConformanceOptions, Subject } from './candidate.ts';
import { CASES } from './cases/index.ts';
import type { Group } from './definition.ts';
import { reasonToSkip } from './needs.ts';
import type { Need } from './needs.ts';

/** One case for one driver. */
export interface ConformanceCase {
  /** Says the rule, as a sentence about the driver. Unique. */
  readonly name: string;
  readonly group: Group;
  readonly needs: readonly Need[];
  /** Why it does not apply to this driver; absent when it does. */
  readonly skip?: string;
  /** Rejects when the driver breaks the rule. Makes its own world, so that cases can run in any order. */
  readonly run: () => Promise<void>;
}

/** A case that a driver fails. */
export interface FailedCase {
  readonly name: string;
  readonly error: unknown;
}

/** A case that does not apply, and why. */
export interface SkippedCase {
  readonly name: string;
  readonly reason: string;
}

/** The results; every case is in exactly one of the lists. */
export interface ConformanceReport {
  readonly passed: readonly string[];
  readonly failed: readonly FailedCase[];
  readonly skipped: readonly SkippedCase[];
}

/** All cases, for registration with a test runner. */
export function conformanceCases(
  subject: Subject,
  options: ConformanceOptions = {},
): readonly ConformanceCase[] {
  const candidate = candidateOf(subject, options);
  return CASES.map(({ name, group, needs, on, run }) => {
    const there = candidateOn(candidate, on);
    return { name, group, needs, ...skipOf(needs, there), run: () => run(there) };
  });
}

function skipOf(needs: readonly Need[], candidate: Candidate): { readonly skip?: string } {
  const reason = reasonToSkip(needs, candidate);
  return reason === undefined ? {} : { skip: reason };
}

/** Runs all cases, one after the other, and reports. Never rejects because of a driver. */
export async function runConformance(
  subject: Subject,
  options: ConformanceOptions = {},
): Promise<ConformanceReport> {
  const passed: string[] = [];
  const failed: FailedCase[] = [];
  const skipped: SkippedCase[] = [];
  for (const { name, skip, run } of conformanceCases(subject, options)) {
    if (skip !== undefined) {
      skipped.push({ name, reason: skip });
      continue;
    }
    try {
      await run();
      passed.push(name);
    } catch (error) {
      failed.push({ name, error });
    }
  }
  return { passed, failed, skipped };
}
