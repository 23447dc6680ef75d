/** Commands on several objects: a failure is reported, and does not stop the work on the others. */
import { hasCode } from '@kleenet/core/errors';
import { DONE, FAILED } from '../command-line/exit-status.ts';
import type { Context } from '../context.ts';

/** Applies an operation to each object. Returns the exit status. */
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
