/** Commands on several objects: a failure is reported, and does not stop the work on the others. */
import type { Outcome, Tell } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { DONE, FAILED } from '../command-line/exit-status.ts';
import type { Context } from '../context.ts';

/** Applies an operation to each object, one after the other. Returns the exit status. */
export async function forEachReference(
  context: Context,
  references: readonly string[],
  work: (reference: string) => Promise<void>,
): Promise<number> {
  return (await collectEach(context, references, work)).status;
}

/** Queries each object. Returns the results, and the exit status. */
export async function collectEach<T>(
  context: Context,
  references: readonly string[],
  work: (reference: string) => Promise<T>,
): Promise<{ readonly results: readonly T[]; readonly status: number }> {
  const results: T[] = [];
  let status = DONE;
  for (const reference of new Set(references)) {
    try {
      results.push(await work(reference));
    } catch (error) {
      if (references.length === 1 || hasCode(error, 'INTERRUPTED')) throw error;
      context.report(error);
      status = FAILED;
    }
  }
  return { results, status };
}

/**
 * Applies an operation of core that takes all objects and tells what has become of each. Shows that, unless it is an
 * error that `show` has taken care of. Returns the exit status.
 */
export async function reportEach(
  context: Context,
  references: readonly string[],
  work: (references: readonly string[], tell: Tell) => Promise<void>,
  show: (outcome: Outcome) => boolean,
): Promise<number> {
  const errors: unknown[] = [];
  await work([...new Set(references)], (_, outcome) => {
    if (show(outcome) || !('error' in outcome)) return;
    errors.push(outcome.error);
    if (references.length > 1 && !hasCode(outcome.error, 'INTERRUPTED'))
      context.report(outcome.error);
  });
  const fatal = references.length === 1 ? errors[0] : errors.find(isInterrupt);
  if (fatal !== undefined) throw fatal;
  return errors.length === 0 ? DONE : FAILED;
}

function isInterrupt(error: unknown): boolean {
  return hasCode(error, 'INTERRUPTED');
}
