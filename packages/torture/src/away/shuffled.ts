/** An order that a seed decides. Pure. */
import fc from 'fast-check';

export function shuffled<One>(items: readonly One[], seed: number): readonly One[] {
  const order = fc.shuffledSubarray([...items.keys()], { minLength: items.length });
  const [indices = []] = fc.sample(order, { numRuns: 1, seed });
  return indices.flatMap((index) => items.slice(index, index + 1));
}
