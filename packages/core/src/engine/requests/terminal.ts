/** Input of a command with a terminal. */
import { KleenetError } from '../../errors.ts';
import type { CallerTerminal } from '../../platform.ts';

/**
 * Refuses to forward input that is not typed to a terminal: the terminal would echo it, and its end would be lost.
 * @throws KleenetError INVALID_ARGUMENT
 */
export function requireTerminalInput(
  terminal: boolean | undefined,
  interactive: boolean | undefined,
  caller: CallerTerminal | undefined,
): void {
  if (terminal !== true || interactive !== true || caller?.input === true) return;
  throw new KleenetError('INVALID_ARGUMENT', 'the standard input is not a terminal', {
    hint: 'leave out --tty to pass it on to the command, or --interactive to start it without',
  });
}
