import { KleenetError } from '@kleenet/core/errors';

/** The command line names a command or option that does not exist, or lacks an argument. */
export class UsageError extends KleenetError {
  constructor(message: string, hint?: string) {
    super('INVALID_ARGUMENT', message, hint === undefined ? {} : { hint });
  }
}
