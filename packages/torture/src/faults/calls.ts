/** The calls of host commands that a command of klee makes, and the faults that each of them may have. Pure. */

/** One call, as `stand-before` noted it. */
export interface Call {
  /** The program, or the script and what it called, with slashes between them. */
  readonly key: string;
  /** Whether it was given something to read. */
  readonly input: boolean;
  readonly words: string;
}

/** What goes wrong with the n-th call of a key, counted from 1. */
export interface CallFault {
  readonly key: string;
  readonly nth: number;
  readonly sort: CallSort;
}

export const CALL_SORTS = [
  'refused',
  'failed-after',
  'hangs',
  'hangs-after',
  'interrupted',
  'garbage',
  'empty',
  'cut',
  'killed',
  'killed-after',
  'script-killed',
] as const;
type CallSort = (typeof CALL_SORTS)[number];

/** Lines that a word with a newline has torn are left out. */
export function callsOf(text: string): readonly Call[] {
  return text.split('\n').flatMap((line) => {
    const [, key, input, words] = /^(\S+)\t([01])\t(.*)$/.exec(line) ?? [];
    return key === undefined ? [] : [{ key, input: input === '1', words: words ?? '' }];
  });
}

/** All faults that the calls of a command may have. */
export function callFaults(calls: readonly Call[]): readonly CallFault[] {
  const counts = new Map<string, number>();
  return calls.flatMap(({ key }) => {
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    return sortsOf(key).map((sort) => ({ key, nth, sort }));
  });
}

/**
 * What klee itself reads is made nonsense; within scripts, statuses are what counts. What a supervisor calls has no
 * deadline: it may wait for a disk as long as its command may run.
 */
function sortsOf(key: string): readonly CallSort[] {
  if (!key.includes('/')) return CALL_SORTS.filter((sort) => sort !== 'script-killed');
  if (key.includes('klee-supervise')) return ['refused', 'failed-after', 'killed'];
  return ['refused', 'failed-after', 'interrupted', 'killed', 'empty', 'script-killed'];
}

/** How the fault of a sort is put into a call: an interruption comes while the call hangs. */
export function planOf({ key, nth, sort }: CallFault): string {
  return `${key} ${nth} ${sort === 'interrupted' ? 'hangs' : sort}`;
}
