/** Refusals that tests expect. */
import assert from 'node:assert/strict';
import { hasCode } from '../../src/errors.ts';
import type { ErrorCode, KleenetError } from '../../src/errors.ts';

/** Waits for work that is refused with this code and message, and gives the error. */
export async function refused(
  work: Promise<unknown>,
  code: ErrorCode,
  message: RegExp = /./,
): Promise<KleenetError> {
  const error: unknown = await work.then(
    () => assert.fail(`${code} expected`),
    (reason: unknown) => reason,
  );
  assert.ok(hasCode(error, code), String(error));
  assert.match(error.message, message);
  return error;
}

/** Like {@link refused}, for work that is refused at once. */
export function refusal(work: () => unknown, code: ErrorCode): KleenetError {
  try {
    const result = work();
    return assert.fail(`accepted as ${String(result)}`);
  } catch (error) {
    if (hasCode(error, code)) return error;
    throw error;
  }
}

/** `throw` as an expression, of any value. */
export function raise(value: unknown): never {
  throw value;
}
