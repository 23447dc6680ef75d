/** Trying every step before throwing, without losing later failures. Mainly for clean-up. */
import { KleenetError, isKleenetError } from '../errors.ts';
import { reasonOf } from '../quote.ts';

/** One of several failures, as listed in `details.alsoFailed` of a {@link KleenetError} after the first. */
export interface AlsoFailed {
  /** Absent for other errors than a {@link KleenetError}. */
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Runs every step, each after the one before has ended, also when that has failed.
 *
 * @throws what the only failure was; of several one error that has them all. Its code, hint and details are those of the
 * first, its message names each, and `details.alsoFailed` lists those after the first as {@link AlsoFailed}. Where the first
 * is not a {@link KleenetError}, it is an `AggregateError`. A failure that says the same as an earlier one is not repeated.
 */
export async function tryAll(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  throwTogether(failures);
}

/**
 * Waits for all started work, even when some of it fails, so that none continues unnoticed.
 *
 * @throws as {@link tryAll}, in the order of the list
 */
export async function settleAll(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  throwTogether(
    results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : [])),
  );
}

/** @throws as {@link tryAll}, if there are any */
export function throwTogether(failures: readonly unknown[]): void {
  const [first] = failures;
  if (failures.length === 0) return;
  const told = distinct(failures.flatMap(reports));
  if (failures.length === 1 || told.length === 1) throw first;
  const message = told.map((one) => one.message).join('; also failed: ');
  const cause = new AggregateError(failures, message);
  if (!isKleenetError(first)) throw cause;
  throw new KleenetError(first.code, message, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    details: { ...first.details, alsoFailed: told.slice(1) },
    cause,
  });
}

/** Flattens a failure that itself combines several. */
function reports(failure: unknown): readonly AlsoFailed[] {
  const parts = partsOf(failure);
  if (parts !== undefined) return parts.flatMap(reports);
  if (!isKleenetError(failure)) return [{ message: reasonOf(failure) }];
  const { code, message, hint, details } = failure;
  return [
    {
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(Object.keys(details).length === 0 ? {} : { details }),
    },
  ];
}

/** Also for an error that was rebuilt from another copy of core. */
function partsOf(failure: unknown): readonly unknown[] | undefined {
  if (isKleenetError(failure) && failure.details['alsoFailed'] === undefined) return undefined;
  for (let error = failure; error instanceof Error; error = error.cause)
    if (error instanceof AggregateError) return error.errors as readonly unknown[];
  return undefined;
}

function distinct(failures: readonly AlsoFailed[]): readonly AlsoFailed[] {
  return failures.filter(
    ({ code, message }, index) =>
      failures.findIndex((other) => other.code === code && other.message === message) === index,
  );
}
