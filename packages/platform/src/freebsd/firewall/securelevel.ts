/**
 * A kernel that forbids changes to pf: from security level 3 on (security(7)), until a reboot. pfctl(8) does not report
 * this cause.
 */
import type { CommandRunner } from '@kleenet/core';
import { KleenetError, isKleenetError } from '@kleenet/core/errors';
import { readSysctl } from '../sysctl.ts';

export const SECURE_LEVEL = 'kern.securelevel';

const LOCKED_FROM = 3;

const REASON = 'pf-locked';

/** The reason why a host with this security level keeps its rules; undefined for lower levels. */
export function lockedSentence(level: string | undefined): string | undefined {
  if (level === undefined || Number(level) < LOCKED_FROM) return undefined;
  return `${SECURE_LEVEL} is ${level}, so the rules of pf cannot be changed until the host boots with a lower one: set kern_securelevel="2" in /etc/rc.conf, and restart the host`;
}

/** Runs a change of pf, and reports the kernel's security level if that forbids it. */
export async function changingPf<T>(commands: CommandRunner, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isKleenetError(error)) throw error;
    const sentence = lockedSentence(await readSysctl(commands, SECURE_LEVEL));
    if (sentence === undefined) throw error;
    throw new KleenetError('FIREWALL_UNAVAILABLE', sentence, {
      hint: "'klee system info' shows whether pf can be used",
      details: { reason: REASON },
      cause: error,
    });
  }
}

/** Runs a removal of rules. If the kernel forbids it, they stay until a reboot. */
export async function unlessLocked(work: () => Promise<void>): Promise<'done' | 'locked'> {
  try {
    await work();
    return 'done';
  } catch (error) {
    if (!isKleenetError(error) || error.details['reason'] !== REASON) throw error;
    return 'locked';
  }
}
