/** The display of an error. */
import { descriptorsExhausted, KleenetError, isKleenetError } from '@kleenet/core/errors';
import type { Output } from './output.ts';
import { printable } from './render/printable.ts';

export interface ErrorStyle {
  readonly json: boolean;
  /** With stack and causes. */
  readonly debug: boolean;
}

/** Writes an error in one line, and below it each hint: one, unless several things failed at once. */
export function showError(output: Output, thrown: unknown, style: ErrorStyle): void {
  const error = asKleenetError(thrown);
  if (style.json) {
    const { code, message, hint = '', details } = error;
    output.note(JSON.stringify({ error: { code, message, hint, details } }, jsonValue));
  } else {
    output.note(`error: ${oneLine(error.message)}`);
    for (const hint of hintsOf(error)) output.note(`hint: ${oneLine(hint)}`);
  }
  if (style.debug) showOrigin(output, thrown);
}

/**
 * Distinguishes faults of klee, and permission errors of the operating system, from errors that klee reports on
 * purpose.
 */
function asKleenetError(thrown: unknown): KleenetError {
  if (isKleenetError(thrown)) return thrown;
  const exhausted = descriptorsExhausted(thrown);
  if (exhausted !== undefined) return exhausted;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const errno = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  if (errno === 'EACCES' || errno === 'EPERM')
    return new KleenetError('PERMISSION_DENIED', message, { hint: 'run klee as root' });
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return new KleenetError('DISK_FULL', message);
  return new KleenetError('INTERNAL', `klee failed: ${message || 'for an unknown reason'}`, {
    hint: 'this is a fault in klee: run it again with --debug and report what it shows',
    cause: thrown,
  });
}

/** Its own, and those of what failed besides, as {@link tryAll} lists it. */
function hintsOf({ hint, details }: KleenetError): ReadonlySet<string> {
  const others = Array.isArray(details['alsoFailed']) ? details['alsoFailed'] : [];
  const all = [hint, ...others.map((one: unknown) => (one as { hint?: unknown } | null)?.hint)];
  return new Set(all.filter((one) => typeof one === 'string'));
}

function oneLine(text: string): string {
  return printable(text.trim().replace(/\s*\n\s*/g, '; '));
}

function showOrigin(output: Output, thrown: unknown): void {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    output.note(printable(error.stack ?? String(error), { keepLines: true }));
    if (isKleenetError(error) && Object.keys(error.details).length > 0) {
      output.note(`details: ${JSON.stringify(error.details, jsonValue)}`);
    }
    if (error instanceof AggregateError) for (const part of error.errors) showOrigin(output, part);
  }
}

/** JSON has no BigInt. */
function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
