/** What the file system said while plugins were looked for, so that a later klee knows whether it would say the same. */
import { lstatSync, statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';

/**
 * What is looked at: `link` and `target` everything that tells one content from another, of the path itself or of what
 * it leads to; `owner` only whose it is and who may write, of the path itself.
 */
type Aspect = 'link' | 'target' | 'owner';

/** One look. As short as JSON allows: it is read at every start. */
export type Sight = readonly [aspect: Aspect, path: string, print: string];

/** Looks, and remembers. */
export class Witness {
  readonly #sights = new Map<string, Sight>();

  /** Undefined where nothing is. */
  look(aspect: Aspect, path: string): BigIntStats | undefined {
    const stats = statsOf(aspect, path);
    this.#sights.set(`${aspect} ${path}`, [aspect, path, printOf(aspect, stats)]);
    return stats;
  }

  get sights(): readonly Sight[] {
    return [...this.#sights.values()];
  }
}

/** Whether everything still looks as it did. */
export function isUnchanged(sights: readonly Sight[]): boolean {
  return sights.every(([aspect, path, print]) => printOf(aspect, statsOf(aspect, path)) === print);
}

function statsOf(aspect: Aspect, path: string): BigIntStats | undefined {
  const options = { bigint: true, throwIfNoEntry: false } as const;
  try {
    return aspect === 'target' ? statSync(path, options) : lstatSync(path, options);
  } catch (error) {
    // Where one may not look there is nothing for klee: not a directory, no permission, a loop of links.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function printOf(aspect: Aspect, stats: BigIntStats | undefined): string {
  if (stats === undefined) return '';
  const { dev, ino, mode, uid, gid } = stats;
  const owner = `${dev}.${ino}.${mode.toString(8)}.${uid}.${gid}`;
  return aspect === 'owner' ? owner : `${owner}.${stats.size}.${stats.mtimeNs}.${stats.ctimeNs}`;
}
