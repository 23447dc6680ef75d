/** Failure messages of FreeBSD's programs, and their meaning. One table; recorded where a record exists. Pure. */
import type { Argv, CommandResult, ErrorCode } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { commandFailed, toolMissing } from '../runner/failures.ts';
import type { Failure } from './failures/failure.ts';
import { IFCONFIG_FAILURES, ROUTE_FAILURES } from './failures/interfaces.ts';
import {
  JAIL_FAILURES,
  JAIL_STATE_FAILURES,
  JEXEC_FAILURES,
  JLS_FAILURES,
} from './failures/jails.ts';
import { OTHER_FAILURES } from './failures/others.ts';
import { PF_FAILURES } from './failures/pf.ts';

export type { FailureReason } from './failures/failure.ts';

/** All known failures; the first match counts. */
export const FAILURES: readonly Failure[] = [
  ...IFCONFIG_FAILURES,
  ...JAIL_FAILURES,
  ...JEXEC_FAILURES,
  ...JLS_FAILURES,
  ...ROUTE_FAILURES,
  ...PF_FAILURES,
  ...JAIL_STATE_FAILURES,
  ...OTHER_FAILURES,
];

/** The meaning of a failed command; undefined for an unknown failure. */
export function knownFailure(
  argv: Argv,
  { status, stdout, stderr }: CommandResult,
): Failure | undefined {
  if (status === 0) return undefined;
  const programs = programsOf(argv);
  return FAILURES.find(
    ({ program, pattern }) =>
      (program === 'any' || programs.includes('any') || programs.includes(program)) &&
      (pattern.test(stderr) || pattern.test(stdout)),
  );
}

/** The error to throw for a failed command: with the code of the failure, and a hint. */
export function typedFailure(argv: Argv, result: CommandResult): KleenetError {
  if (isMissing(argv, result)) return toolMissing(argv[0]);
  const known = knownFailure(argv, result);
  const plain = commandFailed({ argv, ...result });
  const code: ErrorCode = known?.code ?? plain.code;
  return new KleenetError(code, plain.message, {
    hint: known?.hint ?? 'run the command by hand to see more of what it says',
    details: { ...plain.details, ...(known === undefined ? {} : { reason: known.reason }) },
  });
}

/** Programs that run another one; their exit status 127 is not about themselves. */
const LAUNCHERS = ['sh', 'env', 'jexec', 'chroot', 'daemon', 'script'];

/** A command prefix may only report a missing program by its exit status. */
function isMissing([program]: Argv, { status, stdout }: CommandResult): boolean {
  return status === 127 && stdout === '' && !LAUNCHERS.includes(program);
}

/** The programs that a command line runs; includes `any` when a script or another program chooses them. */
function programsOf(argv: readonly string[]): readonly string[] {
  const [program = ''] = argv;
  if (program === 'jexec') return ['jexec', ...programsOf(commandInJail(argv))];
  return LAUNCHERS.includes(program) ? ['any'] : [program];
}

/** The command of jexec(8): its words after the options and the jail. */
function commandInJail([, ...words]: readonly string[]): readonly string[] {
  const takesValue = (word: string): boolean => /^-[a-z]*[deuU]$/.test(word);
  let index = 0;
  while (words[index]?.startsWith('-') === true) index += takesValue(words[index] ?? '') ? 2 : 1;
  return words.slice(index + 1);
}
