/** What a command with a terminal can read. */
import { KleenetError } from '../../errors.ts';
import type { CallerTerminal } from '../../platform.ts';

/**
 * Refuses to pass on to a terminal what nobody types: it would be shown like something typed, and its end lost.
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
