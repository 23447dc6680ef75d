/** Which mutants are explained, and which explanations no longer belong to any code. Pure. */
import type { Explained } from './explained.ts';
import type { Mutant } from './mutant.ts';

export function explains(one: Explained, mutant: Mutant): boolean {
  return (
    one.file === mutant.file &&
    one.within === mutant.within &&
    one.code === mutant.code &&
    (one.becomes === undefined || one.becomes === mutant.becomes)
  );
}

export interface Sorted {
  readonly open: readonly Mutant[];
  readonly explained: readonly Mutant[];
  /** Explanations of code that is not there, or is written in another way by now. */
  readonly stale: readonly Explained[];
}

/** Looks for stale explanations among those of `files` only. */
export function sortOut(
  mutants: readonly Mutant[],
  list: readonly Explained[],
  files: readonly string[],
): Sorted {
  const isExplained = (mutant: Mutant): boolean => list.some((one) => explains(one, mutant));
  return {
    open: mutants.filter((mutant) => !isExplained(mutant)),
    explained: mutants.filter(isExplained),
    stale: list.filter(
      (one) => files.includes(one.file) && !mutants.some((mutant) => explains(one, mutant)),
    ),
  };
}
