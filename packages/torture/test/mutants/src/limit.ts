/** For limit.test.ts, which holds a part of it only. */

export function isWithin(value: number, limit: number): boolean {
  return value < limit;
}

export function countDown(from: number): number {
  let left = from;
  let steps = 0;
  while (left > 0) {
    left -= 1;
    steps += 1;
  }
  return steps;
}

export function firstOf(names: readonly string[]): string {
  if (names.length === 0) return '(none)';
  return names.toSorted()[0] ?? '';
}
