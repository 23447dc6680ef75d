/** Calls into foreign code, with a deadline. */

/**
 * The grace period for an aborted call to clean up after itself, in milliseconds. Until then its commands may still
 * run, and would undo a concurrent clean-up.
 */
const GRACE = 2_000;

export interface CallOptions {
  /** Raised when the user interrupts; the call is aborted, and abandoned after a grace period. */
  readonly interrupt?: AbortSignal | undefined;
  /** In milliseconds. */
  readonly deadline: number;
  /** The abort reason when the deadline expires. */
  readonly overdue: () => Error;
}

/** Limits a call to its deadline, whatever it does; only code that never yields escapes it. */
export async function callWithin<T>(
  call: (signal: AbortSignal) => Promise<T> | T,
  { interrupt, deadline, overdue }: CallOptions,
): Promise<T> {
  const timeUp = new AbortController();
  const signal =
    interrupt === undefined ? timeUp.signal : AbortSignal.any([interrupt, timeUp.signal]);
  signal.throwIfAborted();
  const timer = setTimeout(() => timeUp.abort(overdue()), deadline);
  try {
    return await settled(call, signal);
  } finally {
    clearTimeout(timer);
  }
}

/** The same for calls without a signal: they are abandoned when the deadline expires. */
export async function within<T>(
  call: () => Promise<T> | T,
  { deadline, overdue }: Pick<CallOptions, 'deadline' | 'overdue'>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(overdue()), deadline);
  });
  try {
    return await Promise.race([call(), timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

async function settled<T>(
  call: (signal: AbortSignal) => Promise<T> | T,
  signal: AbortSignal,
): Promise<T> {
  let grace: NodeJS.Timeout | undefined;
  let giveUp: (() => void) | undefined;
  const abandoned = new Promise<never>((_, reject) => {
    giveUp = () => {
      grace = setTimeout(() => reject(signal.reason), GRACE);
    };
    signal.addEventListener('abort', giveUp);
  });
  try {
    return await Promise.race([call(signal), abandoned]);
  } finally {
    if (giveUp !== undefined) signal.removeEventListener('abort', giveUp);
    clearTimeout(grace);
  }
}
