/** The terminal that klee was started on. */
import { WriteStream, isatty } from 'node:tty';
import type { CallerTerminal } from '@kleenet/core';

/** In the order in which programs look for the terminal to draw on. */
const STREAMS = [2, 1, 0];

/**
 * The size of its window, and whether it is standard input; undefined without a terminal among the standard streams.
 */
export function callerTerminal(): CallerTerminal | undefined {
  const descriptor = STREAMS.find((stream) => isatty(stream));
  if (descriptor === undefined) return undefined;
  const [columns, rows] = new WriteStream(descriptor).getWindowSize();
  return { rows, columns, input: isatty(0) };
}
