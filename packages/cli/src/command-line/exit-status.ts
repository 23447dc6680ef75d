/** The meaning of exit statuses. */
import { KleenetError, hasCode } from '@kleenet/core/errors';

export const DONE = 0;
/** Refused or failed, bad values included. */
export const FAILED = 1;
/** An unknown command or option, or a missing argument. */
export const MISUSED = 2;
/** `plugin test`: nothing has failed, and not everything could be tried. */
export const UNPROVED = 3;
/** `run` and `exec`: klee itself failed; every smaller status belongs to the command. */
const KLEE_FAILED = 125;
const COMMAND_NOT_EXECUTABLE = 126;
const COMMAND_NOT_FOUND = 127;

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGTERM: 15,
};

/** The status of a process that a signal ended, as shells report it. */
export function statusOfSignal(name: string): number {
  return 128 + (SIGNAL_NUMBERS[name] ?? 0);
}

/**
 * The status for an error.
 *
 * @param passesStatus - whether the command's status is that of a command in a container
 * @param interruptedBy - the signal that the user has sent, if any
 */
export function statusOfError(
  error: unknown,
  passesStatus: boolean,
  interruptedBy?: string,
): number {
  if (interruptedBy !== undefined && hasCode(error, 'INTERRUPTED'))
    return statusOfSignal(interruptedBy);
  if (passesStatus) {
    if (hasCode(error, 'COMMAND_NOT_FOUND')) return COMMAND_NOT_FOUND;
    return hasCode(error, 'COMMAND_NOT_EXECUTABLE') ? COMMAND_NOT_EXECUTABLE : KLEE_FAILED;
  }
  return error instanceof UsageError ? MISUSED : FAILED;
}

/** The command line names a command or option that does not exist, or lacks an argument. */
export class UsageError extends KleenetError {
  constructor(message: string, hint?: string) {
    super('INVALID_ARGUMENT', message, hint === undefined ? {} : { hint });
  }
}
