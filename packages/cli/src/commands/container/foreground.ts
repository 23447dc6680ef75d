import type { Context } from '../../context.ts';

/** A command that has the user's terminal. */
interface Foreground {
  readonly exited?: Promise<number>;
  readonly signal?: (name: string) => void;
}

/** Waits for a command's exit status; meanwhile signals are the command's. */
export async function waitForCommand(context: Context, started: Foreground): Promise<number> {
  const stop = context.forwardSignals((name) => started.signal?.(name));
  try {
    return (await started.exited) ?? 0;
  } finally {
    stop();
  }
}
