import type { Clock } from '../command.ts';

/** A clock that a test advances. */
export interface FakeClock extends Clock {
  /** Advances the time, and wakes due sleepers in order. */
  advance(milliseconds: number): void;
}

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/**
 * Makes a clock that stands still until a test advances it.
 *
 * @param start - ISO 8601; default `2026-01-01T00:00:00.000Z`
 */
export function createFakeClock(start = '2026-01-01T00:00:00.000Z'): FakeClock {
  const sleepers = new Set<Sleeper>();
  let time = Date.parse(start);
  return {
    now: () => new Date(time),
    sleep: (milliseconds, signal) => sleepUntil(sleepers, time + milliseconds, signal),
    advance(milliseconds) {
      time += milliseconds;
      const awake = [...sleepers].filter(({ until }) => until <= time);
      for (const sleeper of awake.toSorted((a, b) => a.until - b.until)) sleeper.wake();
    },
  };
}

function sleepUntil(sleepers: Set<Sleeper>, until: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      sleepers.delete(sleeper);
      signal?.removeEventListener('abort', interrupt);
    };
    const interrupt = (): void => {
      stop();
      reject(signal?.reason);
    };
    const sleeper: Sleeper = {
      until,
      wake: () => {
        stop();
        resolve();
      },
    };
    sleepers.add(sleeper);
    signal?.addEventListener('abort', interrupt);
    if (signal?.aborted) interrupt();
  });
}
