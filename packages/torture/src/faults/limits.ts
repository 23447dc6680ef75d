/** What klee runs out of while a command works: room on the disk of its state, descriptors, length of files. Pure. */
import type { Ended } from '../world/processes.ts';

export const DISK_SORTS = ['disk-full', 'no-inodes', 'read-only'] as const;
export const PROCESS_SORTS = ['few-descriptors', 'short-files'] as const;
type LimitSort = (typeof DISK_SORTS)[number] | (typeof PROCESS_SORTS)[number];

/** How much is left, as {@link AMOUNTS} has it: the n-th, counted from 1. */
export interface LimitFault {
  readonly key: 'disk' | 'klee';
  readonly nth: number;
  readonly sort: LimitSort;
}

/** What a command needs of the disk. */
export interface Needs {
  /** Nothing: klee is only asked. */
  readonly reads?: boolean;
  /** It stops or removes, and the database has room of its own for that. */
  readonly frees?: boolean;
}

/** Pages of 4096 bytes, inodes, descriptors of a process, bytes of a file. */
const AMOUNTS: Readonly<Record<LimitSort, readonly number[]>> = {
  'disk-full': [0, 1, 2, 4, 8, 16, 64],
  'no-inodes': [0, 1, 2, 3, 4, 6, 9, 14],
  'read-only': [0],
  'few-descriptors': [19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 34, 36, 40, 48],
  'short-files': [0, 1024, 4096, 65_536, 262_144, 300_000],
};

export function limitFaults(): readonly LimitFault[] {
  const of = (sorts: readonly LimitSort[], key: LimitFault['key']): readonly LimitFault[] =>
    sorts.flatMap((sort) => AMOUNTS[sort].map((_, index) => ({ key, nth: index + 1, sort })));
  return [...of(DISK_SORTS, 'disk'), ...of(PROCESS_SORTS, 'klee')];
}

export function amountOf({ sort, nth }: LimitFault): number {
  const amount = AMOUNTS[sort][nth - 1];
  if (amount === undefined) throw new Error(`${sort} has no amount ${nth}`);
  return amount;
}

/** What an error has to say, for a user to know what to do. */
const TELLS: Readonly<Record<LimitSort, RegExp>> = {
  'disk-full': /no (space|inode) (is )?left/i,
  'no-inodes': /no (space|inode) (is )?left/i,
  'read-only': /read-only/i,
  'few-descriptors': /open files|descriptors/i,
  // SQLite and the programs of the host say what they know.
  'short-files': /./,
};

/** What is wrong with how a command ended, to which this happened: one that was to be done, or an error that does not say why. */
export function judgeLimit(
  { status, stdout, stderr }: Ended,
  { sort }: LimitFault,
  { reads = false, frees = false }: Needs,
): string | undefined {
  if (status === 0) return undefined;
  const goesOn = sort === 'read-only' ? reads : reads || frees;
  if (goesOn && isOfDisk(sort)) return `it was not done: ${stderr}${stdout}`;
  return TELLS[sort].test(`${stderr}${stdout}`)
    ? undefined
    : `it does not say why: ${stderr}${stdout}`;
}

function isOfDisk(sort: LimitSort): boolean {
  return DISK_SORTS.some((one) => one === sort);
}
