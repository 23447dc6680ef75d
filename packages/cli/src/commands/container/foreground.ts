/** Commands on the user's streams. */
import type { StreamMode } from '@kleenet/core';
import { statusOfSignal } from '../../command-line/exit-status.ts';
import type { Context } from '../../context.ts';

/** A command on the user's terminal. */
interface Foreground {
  readonly exited?: Promise<number>;
  readonly signal?: (name: string) => void;
}

/** The third Ctrl-C within some seconds detaches klee; single ones, over hours, go to the command. */
const PATIENCE = 3;
/** In milliseconds. */
const INTERVAL = 5000;

/**
 * Waits for a command's exit status, and forwards signals to the command meanwhile. A command that ignores Ctrl-C can
 * be left: it keeps running, and is cleaned up when it ends.
 */
export async function waitForCommand(
  context: Context,
  started: Foreground,
  clock: () => number = () => performance.now(),
): Promise<number> {
  let interrupts: readonly number[] = [];
  let leave: ((status: number) => void) | undefined;
  const left = new Promise<number>((resolve) => (leave = resolve));
  const stop = context.forwardSignals((name) => {
    const now = clock();
    if (name === 'SIGINT')
      interrupts = [...interrupts.filter((earlier) => now - earlier < INTERVAL), now];
    if (name === 'SIGINT' && interrupts.length >= PATIENCE) {
      context.output.note('warning: the command keeps running without this terminal');
      return leave?.(statusOfSignal(name));
    }
    return started.signal?.(name);
  });
  try {
    return await Promise.race([started.exited ?? 0, left]);
  } finally {
    stop();
  }
}

/** Chooses how a command in the foreground is attached. Warns if the command's terminal has no window. */
export async function foreground(
  context: Context,
  wantsTerminal: boolean | undefined,
): Promise<Exclude<StreamMode, 'detached'>> {
  const terminal = await context.callerTerminal();
  if (terminal !== undefined) return { terminal };
  if (wantsTerminal === true)
    context.output.note(
      'warning: standard input is not a terminal: the command gets a terminal without a window',
    );
  return 'foreground';
}
