/** Failures of a download, in the user's words. */
import { KleenetError, isKleenetError } from '@kleenet/core/errors';

const RESUME = 'run it again to resume the download';

/** The server answered, but not with the file. */
export function refusedBy(url: URL, status: number, reason: string): KleenetError {
  const answer = `${status} ${reason}`.trim();
  return fetchFailed(url, `the server answers ${answer}`, hintFor(status), { status });
}

function hintFor(status: number): string {
  if (status === 401 || status === 403)
    return 'the server denies access: download the file yourself and use klee image import';
  if (status === 404 || status === 410) return 'check the URL';
  return status === 429 || status >= 500 ? 'try again later' : 'check the URL';
}

/** The connection failed, or ended before the response. */
export function unreachable(url: URL, error: unknown): KleenetError {
  return fetchFailed(url, reasonOf(error), 'check the URL and the network', {}, error);
}

/** The response ended too early. The received part is kept. */
export function brokenOff(url: URL, received: number, error?: unknown): KleenetError {
  const reason = error === undefined ? '' : `: ${reasonOf(error)}`;
  return fetchFailed(
    url,
    `the transfer broke off after ${received} bytes${reason}`,
    RESUME,
    { received },
    error,
  );
}

/** The response is longer than announced. */
export function tooLong(url: URL, received: number, expected: number): KleenetError {
  const message = `the server announced ${expected} bytes and sent ${received}`;
  return fetchFailed(url, message, 'run it again', { received, expected });
}

export function wrongChecksum(url: URL, expected: string, actual: string): KleenetError {
  return new KleenetError(
    'CHECKSUM_MISMATCH',
    `${withoutQuery(url)} has the SHA-256 ${actual}, not ${expected}`,
    {
      hint: 'check the checksum; if it is right, do not trust this file',
      details: { url: withoutQuery(url), expected, actual },
    },
  );
}

/** The partial file cannot be written. */
export function unwritable(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new KleenetError('DISK_FULL', `no space is left for the download ${path}`, {
    hint: `free some space and ${RESUME}`,
    details: { path },
    cause: error,
  });
}

/** The error for a raised `signal`. */
export function interrupted(signal: AbortSignal): unknown {
  const reason: unknown = signal.reason;
  if (!isKleenetError(reason)) return reason;
  return new KleenetError('INTERRUPTED', reason.message, { hint: RESUME, cause: reason });
}

/** The query part of a URL may be a secret. */
export function withoutQuery({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

function fetchFailed(
  url: URL,
  reason: string,
  hint: string,
  details: Readonly<Record<string, unknown>>,
  cause?: unknown,
): KleenetError {
  const shown = withoutQuery(url);
  return new KleenetError('IMAGE_FETCH_FAILED', `cannot download ${shown}: ${reason}`, {
    hint,
    details: { url: shown, ...details },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** `fetch` only reports a failure; the innermost cause says why. */
function reasonOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  // An address of each family was tried.
  if (inner instanceof AggregateError && inner.errors[0] instanceof Error) inner = inner.errors[0];
  return inner instanceof Error ? inner.message : String(inner);
}
