/** The order in which things are tried. Pure. */

/** Shuffled by the seed; of each kind one before the second of any. */
export function inTurn<T extends { readonly kind: string }>(
  all: readonly T[],
  seed: number,
): readonly T[] {
  const shuffled = shuffle(all, seed);
  const seen = new Map<string, number>();
  return shuffled
    .map((one) => {
      const turn = seen.get(one.kind) ?? 0;
      seen.set(one.kind, turn + 1);
      return { one, turn };
    })
    .toSorted((one, other) => one.turn - other.turn)
    .map(({ one }) => one);
}

/** Fisher and Yates, with mulberry32 for numbers. */
function shuffle<T>(all: readonly T[], seed: number): readonly T[] {
  const random = mulberry32(seed);
  const left = [...all];
  return all.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
