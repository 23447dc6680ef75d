/** The machine `mutants`: changes the sources in one place, and expects a unit test to notice. */
import { StoppedError } from '../machine.ts';
import type { Fault, Machine, MachineOptions, Result } from '../machine.ts';
import { EXPLAINED } from './explained.ts';
import type { Explained } from './explained.ts';
import { show } from './mutant.ts';
import type { Mutant } from './mutant.ts';
import { writeScores } from './page.ts';
import { HELD, areasInOrder, isBelow, isMeant, sourceFiles, testFiles } from './places.ts';
import { runMutants } from './run.ts';
import type { MutantRun } from './run.ts';

export const mutantsMachine: Machine = { name: 'mutants', kinds: ['survived', 'stale'], run };

async function run({
  seed,
  seconds,
  only = [],
  tests: few = [],
  page = false,
  log,
}: MachineOptions): Promise<Result> {
  const files = chosen(sourceFiles(), only);
  const tests = chosen(testFiles(), few);
  const found = await runMutants({
    seed,
    seconds,
    files,
    tests,
    ...(few.length === 0 ? { isMeant } : {}),
    places: areasInOrder(seed),
    explained: EXPLAINED,
    log,
  });
  if (page) writeScores(found);
  return resultOf(found, { seed, places: only.length === 0 ? HELD : only });
}

function chosen(files: readonly string[], places: readonly string[]): readonly string[] {
  if (places.length === 0) return files;
  const missing = places.find((place) => !files.some((file) => isBelow(file, [place])));
  if (missing !== undefined)
    throw new StoppedError(`there are no files at ${missing}, seen from the top of the repository`);
  return files.filter((file) => isBelow(file, places));
}

/** Survivors are faults in `places` only: the others are counted. */
export function resultOf(
  { examined, sorted }: MutantRun,
  { seed, places }: { readonly seed: number; readonly places: readonly string[] },
): Result {
  const survivors = examined.filter(({ by }) => by === undefined);
  const held = survivors.filter(({ mutant }) => isBelow(mutant.file, places));
  return {
    tried: {
      mutants: sorted.open.length,
      tried: examined.length,
      noticed: examined.length - survivors.length,
      'survived elsewhere': survivors.length - held.length,
      explained: sorted.explained.length,
    },
    faults: [
      ...held.map(({ mutant, tests }) => survivor(seed, mutant, tests)),
      ...sorted.stale.map((one) => stale(seed, one)),
    ],
  };
}

function survivor(seed: number, mutant: Mutant, tests: number): Fault {
  const { file, within, code, becomes } = mutant;
  const text = `no test notices this change, although ${tests} test files run the code`;
  const entry = JSON.stringify({ file, within, code, becomes, why: '…' }, undefined, 2);
  return { kind: 'survived', seed, text: `${show(mutant)}\n${text}`, shortened: entry };
}

function stale(seed: number, one: Explained): Fault {
  const text = `${one.file} has no such code any more, in ${one.within}`;
  return { kind: 'stale', seed, text, shortened: one.code };
}
