/** The order in which a list is taken, as a seed decides it. Pure. */
import fc from 'fast-check';

export function shuffled<T>(list: readonly T[], seed: number): readonly T[] {
  const order = fc.shuffledSubarray([...list.keys()], { minLength: list.length });
  const [indices = []] = fc.sample(order, { numRuns: 1, seed });
  return indices.flatMap((index) => list.slice(index, index + 1));
}

/** Shuffled; of each kind one before the second of any. */
export function inTurn<T>(
  list: readonly T[],
  seed: number,
  kindOf: (one: T) => string,
): readonly T[] {
  const seen = new Map<string, number>();
  return shuffled(list, seed)
    .map((one) => {
      const kind = kindOf(one);
      const turn = seen.get(kind) ?? 0;
      seen.set(kind, turn + 1);
      return { one, turn };
    })
    .toSorted((one, other) => one.turn - other.turn)
    .map(({ one }) => one);
}
