/** Signals by name. */
import { constants } from 'node:os';
import { KleenetError } from '@kleenet/core/errors';

const NUMBERS: Readonly<Record<string, number>> = constants.signals;

/** The number of a signal given as `TERM` or `SIGTERM`. @throws KleenetError INVALID_ARGUMENT for an unknown name */
export function requireSignal(name: string): number {
  const full = `SIG${name.replace(/^SIG/, '')}`;
  const number = Object.hasOwn(NUMBERS, full) ? NUMBERS[full] : undefined;
  if (number !== undefined) return number;
  throw new KleenetError('INVALID_ARGUMENT', `there is no signal '${name}'`, {
    hint: 'give a name such as TERM',
  });
}
