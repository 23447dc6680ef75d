/** Calls into foreign code that must come back. */

/**
 * How long a call that was told to stop may take to clean up after itself, in milliseconds. Until then its commands
 * may still run, and clean-up beside them would be undone.
 */
const GRACE = 2_000;

export interface CallOptions {
  /** Raised when the user interrupts; the call is told, and left behind after a grace period. */
  readonly interrupt?: AbortSignal | undefined;
  /** In milliseconds. */
  readonly deadline: number;
  /** What the call is ended with when the deadline is over. */
  readonly overdue: () => Error;
}

/**
 * Makes a call that ends by its deadline at the latest, whatever it does; one that never gives the processor back is
 * beyond this.
 */
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

/** As above for calls that know no signal: nothing is waited for once the time is up. */
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
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([call(signal), abandoned]);
  } finally {
    if (giveUp !== undefined) signal.removeEventListener('abort', giveUp);
    clearTimeout(grace);
  }
}
