/** Figures of many rounds. */

/** The middle half of the values: from the first quartile to the third. */
export interface Spread {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    low: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    high: quantile(sorted, 0.75),
  };
}

/** Interpolates between neighbours. Of nothing it is NaN. */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)] ?? NaN, sorted[Math.ceil(place)] ?? NaN];
  return below + (above - below) * (place - Math.floor(place));
}

/**
 * How many times the peer's, round by round, so that other load on the machine, which changes slowly, falls on both.
 * Rounds that only one of them finished do not count.
 */
export function ratioOf(values: readonly number[], peers: readonly number[]): Spread {
  const pairs = values.flatMap((value, round) => {
    const peer = peers[round];
    return peer === undefined ? [] : [value / peer];
  });
  return spreadOf(pairs);
}

/** Whom each round begins with: the order rotates, so that each contestant comes after each other. */
export function rotated<T>(contestants: readonly T[], round: number): readonly T[] {
  const start = contestants.length === 0 ? 0 : round % contestants.length;
  return [...contestants.slice(start), ...contestants.slice(0, start)];
}
