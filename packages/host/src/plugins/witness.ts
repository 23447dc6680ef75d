/** Metadata of the file system during the search, so that a later klee can tell whether the result is still valid. */
import { lstatSync, statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';

/**
 * The compared metadata: `link` and `target` everything that distinguishes one content from another, of the path itself
 * or of its target; `owner` only owner and write permissions, of the path itself.
 */
type Aspect = 'link' | 'target' | 'owner';

/** One recorded check. As short as JSON allows: it is read at every start. */
export type Sight = readonly [aspect: Aspect, path: string, print: string];

/** Checks a path, and records the result. */
export class Witness {
  readonly #sights = new Map<string, Sight>();

  /** Undefined for a missing path. */
  look(aspect: Aspect, path: string): BigIntStats | undefined {
    const stats = statsOf(aspect, path);
    this.#sights.set(`${aspect} ${path}`, [aspect, path, printOf(aspect, stats)]);
    return stats;
  }

  get sights(): readonly Sight[] {
    return [...this.#sights.values()];
  }
}

/** Whether all recorded checks still give the same results. */
export function isUnchanged(sights: readonly Sight[]): boolean {
  return sights.every(([aspect, path, print]) => printOf(aspect, statsOf(aspect, path)) === print);
}

function statsOf(aspect: Aspect, path: string): BigIntStats | undefined {
  const options = { bigint: true, throwIfNoEntry: false } as const;
  try {
    return aspect === 'target' ? statSync(path, options) : lstatSync(path, options);
  } catch (error) {
    // An inaccessible path counts as missing: not a directory, no permission, a loop of links.
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
