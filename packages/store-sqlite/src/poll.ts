/** Waiting for a resource of another process, without blocking this one. */

/** In milliseconds. */
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 25;

/**
 * Tries until there is a result. The pauses are random, so that waiting processes do not stay in step.
 *
 * @param patience - how long to try, in milliseconds; 0 to try once
 * @returns undefined when the patience is used up
 * @throws the reason of `signal`, and errors of `attempt`
 */
export async function poll<T>(
  attempt: () => T | undefined,
  patience: number,
  signal?: AbortSignal,
): Promise<T | undefined> {
  // Set only when there is something to wait for: Node.js needs a millisecond to load its clock.
  let deadline: number | undefined;
  for (let length = FIRST_PAUSE; ; length = Math.min(length * 1.5, LONGEST_PAUSE)) {
    signal?.throwIfAborted();
    const result = attempt();
    if (result !== undefined) return result;
    const now = performance.now();
    deadline ??= now + patience;
    const left = deadline - now;
    if (left <= 0) return undefined;
    await pause(Math.min(left, length * (0.5 + Math.random())), signal);
  }
}

/** Waits until a time, or until the signal is raised. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    signal?.addEventListener('abort', wake);
  });
}
