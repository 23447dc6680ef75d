/** Puts a fault into a host while a command of klee runs, and takes it out again. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Ended } from '../world/processes.ts';
import type { Bench } from './bench.ts';
import type { CallFault } from './calls.ts';
import { amountOf } from './limits.ts';
import type { HostFault } from './findings.ts';
import type { LimitFault } from './limits.ts';

/** In milliseconds: more than a command may need whose host commands run into their deadlines. */
const LIMIT = 240_000;

/**
 * How many klee and each of its programs may have open. Node raises a lower limit to the hard one, and what klee runs must not be
 * what fails: containers would keep the limit. So klee starts with most of them open, which Node hands to no program.
 */
const DESCRIPTORS = 256;

export interface Run {
  readonly ended: Ended;
  /** Whether what was to fail came at all. */
  readonly came: boolean;
}

export function runWith(
  bench: Bench,
  words: readonly string[],
  fault: CallFault | LimitFault,
): Promise<Run> {
  return isLimit(fault) ? withLimit(bench, words, fault) : withCall(bench, words, fault);
}

export function isLimit(fault: HostFault): fault is LimitFault {
  return fault.key === 'disk' || fault.key === 'klee';
}

async function withCall(
  { world, programs }: Bench,
  words: readonly string[],
  fault: CallFault,
): Promise<Run> {
  programs.arm(fault);
  let over = false;
  const hanging = async (): Promise<void> => {
    while (!over && programs.fired() === undefined) await wait(20);
    // The moment at which it hangs, and not the one before.
    await wait(100);
  };
  const ended =
    fault.sort === 'interrupted'
      ? await world.kleeInterrupted(words, LIMIT, hanging())
      : await world.kleeKilled(words, LIMIT);
  over = true;
  const came = programs.fired() !== undefined;
  programs.disarm();
  return { ended, came };
}

async function withLimit(
  { world, programs, disk }: Bench,
  words: readonly string[],
  fault: LimitFault,
): Promise<Run> {
  const amount = amountOf(fault);
  let prefix: readonly string[] = [];
  let taken = 0;
  if (fault.sort === 'disk-full') disk.fill(amount);
  else if (fault.sort === 'no-inodes') disk.takeInodes(amount);
  else if (fault.sort === 'read-only') await disk.readOnly();
  else if (fault.sort === 'short-files') {
    prefix = ['prlimit', `--fsize=${amount}:unlimited`];
    programs.raiseLimits();
  } else {
    prefix = ['prlimit', `--nofile=${DESCRIPTORS}`];
    taken = DESCRIPTORS - amount;
  }
  const ended = await world.kleeUnder(prefix, words, { after: LIMIT, taken });
  programs.disarm();
  if (fault.sort === 'read-only') await disk.writable();
  disk.clear();
  return { ended, came: true };
}
