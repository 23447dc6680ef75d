import { isKleenetError, KleenetError } from './errors.ts';

/** Runs every step in order, also after one has failed; throws the first failure, the others in its details. */
export async function tryAll(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  const [first, ...others] = failures;
  if (first === undefined) return;
  if (others.length === 0 || !isKleenetError(first)) throw first;
  throw new KleenetError(first.code, first.message, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    details: { ...first.details, alsoFailed: others.map(String) },
    cause: first,
  });
}
