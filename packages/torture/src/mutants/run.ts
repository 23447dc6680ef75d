/** One run: finds out what the tests run, and tries mutants in the order of a seed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Baselines } from './baselines.ts';
import { examine } from './examine.ts';
import type { Examined } from './examine.ts';
import type { Explained } from './explained.ts';
import { sortOut } from './explanations.ts';
import type { Sorted } from './explanations.ts';
import { inOrder, show } from './mutant.ts';
import type { Mutant } from './mutant.ts';
import { TOP, isBelow, mutantsIn } from './places.ts';
import { TypeCheck } from './type-check.ts';

const WORKERS = 2;

export interface RunOptions {
  readonly seed: number;
  readonly seconds: number;
  /** The sources that are changed. */
  readonly files: readonly string[];
  /** The test files that are to notice. */
  readonly tests: readonly string[];
  /** Which of them are to notice mutants of a source file; all of them unless given. */
  readonly isMeant?: (test: string, file: string) => boolean;
  /** Places whose mutants come before those of the next; all mutants alike unless given. */
  readonly places?: readonly (readonly string[])[];
  /** No more mutants than this. */
  readonly most?: number;
  /** In milliseconds: no test hangs before. */
  readonly patience?: number;
  readonly explained: readonly Explained[];
  readonly log: (line: string) => void;
}

export interface MutantRun {
  readonly examined: readonly Examined[];
  readonly sorted: Sorted;
}

export async function runMutants(options: RunOptions): Promise<MutantRun> {
  const { seed, seconds, files, log } = options;
  const sorted = sortOut(mutantsIn(files), options.explained, files);
  log(`${sorted.open.length} mutants of ${files.length} files`);
  const baselines = new Baselines(options.tests, options.isMeant ?? (() => true));
  const examined: Examined[] = [];
  const compiler = new TypeCheck(TOP, files);
  try {
    await examine(inPlaces(inOrder(sorted.open, seed), options.places).slice(0, options.most), {
      top: TOP,
      sources: new Map(files.map((file) => [file, readFileSync(join(TOP, file), 'utf8')])),
      baselines,
      workers: WORKERS,
      patience: options.patience,
      until: Date.now() + seconds * 1000,
      heard(one) {
        const isTyped = one.by === undefined && compiler.notices(one.mutant);
        examined.push(isTyped ? { ...one, by: 'compiler' } : one);
        if (one.by === undefined && !isTyped)
          log(`survived, although ${one.tests} test files run it: ${show(one.mutant)}`);
        if (examined.length % 100 === 0) log(`${examined.length} tried`);
      },
    });
  } finally {
    baselines.end();
  }
  return { examined, sorted };
}

/** Each once, at the first place that it is in. */
export function inPlaces(
  mutants: readonly Mutant[],
  places: readonly (readonly string[])[] = [['packages']],
): readonly Mutant[] {
  const placeOf = ({ file }: Mutant): number => places.findIndex((place) => isBelow(file, place));
  return places.flatMap((_, index) => mutants.filter((one) => placeOf(one) === index));
}
