/** Delta debugging: the shortest list that still shows the same, as far as tries and time allow. */

export interface ShortenOptions {
  /** Begins no try after this time, as `Date.now()` tells it. */
  readonly until: number;
}

/** `shows` tells whether a shorter list still shows it. The order of what is left stays. */
export async function shorten<T>(
  list: readonly T[],
  shows: (list: readonly T[]) => Promise<boolean>,
  { until }: ShortenOptions,
): Promise<readonly T[]> {
  let shortest = list;
  // Halves first, and single ones at the end. What goes late is seldom needed by what comes before it.
  for (
    let size = Math.ceil(list.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    let end = shortest.length;
    while (end > 0) {
      if (Date.now() > until) return shortest;
      const start = Math.max(0, end - size);
      const tried = [...shortest.slice(0, start), ...shortest.slice(end)];
      if (tried.length < shortest.length && (await shows(tried))) shortest = tried;
      end = start;
    }
  }
  return shortest;
}
