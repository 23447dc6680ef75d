/** Work on many objects, on several of them at the same time. */
import { settleAll } from './try-all.ts';

/** How many objects a command works on at the same time. With more, their commands only wait for a processor. */
const AT_ONCE = 8;

/**
 * Applies `work` to each item, to several at the same time, begun in the order of the items. Returns the results in that
 * order. After a failure nothing more begins, and what has begun ends first.
 *
 * @throws as {@link settleAll}
 */
export async function severally<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  atOnce: number = AT_ONCE,
): Promise<readonly R[]> {
  const results: R[] = [];
  // A loop that is left, by a failure too, closes a generator: then the others begin nothing more.
  const left = (function* () {
    yield* items.entries();
  })();
  const take = async (): Promise<void> => {
    for (const [index, item] of left) results[index] = await work(item);
  };
  await settleAll(Array.from({ length: Math.min(atOnce, items.length) }, take));
  return results;
}

/**
 * Applies a step to each item, to several at the same time. Those that fail are told with their reason. Returns the
 * others, in their order.
 */
export async function succeeding<T>(
  items: readonly T[],
  failed: (item: T, error: unknown) => void,
  step: (item: T) => Promise<unknown>,
): Promise<readonly T[]> {
  const done = await severally(items, async (item) => {
    try {
      await step(item);
      return true;
    } catch (error) {
      failed(item, error);
      return false;
    }
  });
  return items.filter((_, index) => done[index] === true);
}

/** For {@link succeeding}: the first failure is that of the whole. @throws the error */
export function failing(_: unknown, error: unknown): never {
  throw error;
}

/** Consecutive groups of at most `size` items. */
export function inGroups<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
