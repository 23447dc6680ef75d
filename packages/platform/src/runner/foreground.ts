/** A child process on the user's own standard streams. */
import { spawn } from 'node:child_process';
import type { ForegroundCommand } from '@kleenet/core';
import { exitStatus, spawnFailed } from './process.ts';

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
  const child = spawn(argv[0] ?? '', argv.slice(1), {
    detached: true,
    env: environment,
    stdio: [stdin ? 'inherit' : 'ignore', 'inherit', 'inherit'],
  });
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', (error) => reject(spawnFailed(argv, error)));
    child.once('exit', (code, signal) => resolve(exitStatus(code, signal)));
  });
  return {
    exited,
    signal(name) {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        signalGroup(child.pid, name);
    },
  };
}
