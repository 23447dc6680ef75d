/** What happens to files of the state between two commands. Which file and which sort of damage; pure. */

export const DAMAGE_SORTS = [
  'overwritten',
  'truncated',
  'deleted',
  'directory',
  'foreign',
  'older',
] as const;
type DamageSort = (typeof DAMAGE_SORTS)[number];

export interface DamageFault {
  /** The file below the state directory; with the names of objects in place of their ids. */
  readonly key: string;
  readonly nth: number;
  readonly sort: DamageSort;
}

export const DATABASE = 'kleenet.db';

/** How many ways there are to do it. */
const WAYS: Readonly<
  Record<'database' | 'log' | 'lock' | 'folder', Partial<Record<DamageSort, number>>>
> = {
  database: { overwritten: 10, truncated: 4, deleted: 1, directory: 1, foreign: 2, older: 1 },
  log: { overwritten: 3, truncated: 2, deleted: 1, directory: 1, foreign: 2 },
  lock: { overwritten: 1, deleted: 1, directory: 1, foreign: 2 },
  folder: { deleted: 1, foreign: 1 },
};

/** All damage that files may take. */
export function damageFaults(files: readonly string[]): readonly DamageFault[] {
  return files.flatMap((key) =>
    DAMAGE_SORTS.flatMap((sort) =>
      Array.from({ length: WAYS[kindOf(key)][sort] ?? 0 }, (_, index) => ({
        key,
        nth: index + 1,
        sort,
      })),
    ),
  );
}

export function isDamage(fault: { readonly sort: string }): fault is DamageFault {
  return DAMAGE_SORTS.some((sort) => sort === fault.sort);
}

function kindOf(file: string): keyof typeof WAYS {
  if (file === DATABASE) return 'database';
  if (file.startsWith(`${DATABASE}-`)) return 'log';
  return /\/(lock|gate)$/.test(file) ? 'lock' : 'folder';
}

/** The bytes of a file after it was damaged; undefined where nothing is left that has bytes. */
export function damaged(good: Buffer, { sort, nth }: DamageFault): Buffer | undefined {
  if (sort === 'overwritten') return overwritten(good, nth);
  if (sort === 'truncated') return good.subarray(0, Math.floor((good.length * (nth - 1)) / 4.3));
  if (sort !== 'foreign') return undefined;
  // What a crash of the host may leave of a file, and something else altogether.
  return nth === 1
    ? Buffer.alloc(good.length)
    : Buffer.from('a text of another program\n'.repeat(40));
}

/** The first are fields of the header of an SQLite file; the others are anywhere. */
function overwritten(good: Buffer, nth: number): Buffer {
  const [at, length] =
    nth === 1 ? [0, 16] : nth === 2 ? [24, 32] : [Math.floor((good.length * (nth - 2)) / 9), 200];
  const bytes = Buffer.alloc(Math.max(good.length, at + length));
  good.copy(bytes);
  return bytes.fill(0xa5, at, at + length);
}
