/** The error of a driver. */
import { fail, ok } from 'node:assert/strict';
import { ERROR_CODES, isKleenetError } from '@kleenet/core/errors';

/** Fails unless it is a KleenetError with a code of the table. */
export function typed(thrown: unknown): void {
  if (!isKleenetError(thrown)) fail(`it throws ${shown(thrown)}, which is not a KleenetError`);
  ok(Object.hasOwn(ERROR_CODES, thrown.code), `it throws an unknown code: ${thrown.code}`);
}

/** For messages. */
export function shown(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : JSON.stringify(thrown);
}

/** The result of a pure function. Throwing counts as a result, too, which another case judges. */
export function outcomeOf(
  ask: () => unknown,
): { readonly answer: unknown } | { readonly thrown: string } {
  try {
    return { answer: ask() };
  } catch (error) {
    return { thrown: String(error) };
  }
}
