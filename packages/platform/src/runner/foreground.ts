/** A child process on the user's own standard streams. */
import type { ForegroundCommand } from '@kleenet/core';
import { spawnFailed } from './process.ts';
import { startProgram } from './start-program.ts';

export interface ForegroundRequest {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: boolean;
  /** Signals the process group that the command leads. */
  readonly signalGroup: (group: number, signal: string) => void;
}

/** Starts a command in its own session, so that the terminal's signals reach it only through klee. */
export function runForeground({
  argv,
  environment,
  stdin,
  signalGroup,
}: ForegroundRequest): ForegroundCommand {
  const program = startProgram({
    argv,
    environment,
    stdin: stdin ? 'inherit' : 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    further: [],
  });
  let ended = false;
  const exited = program.exited.then(
    ({ status }) => {
      ended = true;
      return status;
    },
    (error: NodeJS.ErrnoException) => {
      throw spawnFailed(argv, error);
    },
  );
  return {
    exited,
    signal(name) {
      if (program.pid !== undefined && !ended) signalGroup(program.pid, name);
    },
  };
}
