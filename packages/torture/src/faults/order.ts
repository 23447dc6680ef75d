/** The order in which a list is taken, as a seed decides it. Pure. */
import fc from 'fast-check';

/** All of a list, in another order for each seed. */
export function shuffled<T>(list: readonly T[], seed: number): readonly T[] {
  const all = fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length });
  return fc.sample(all, { seed, numRuns: 1 })[0] ?? [];
}
