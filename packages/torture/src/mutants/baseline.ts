/** What each test file does without mutants: how many tests pass, in which time, and which code they run. */
import { existsSync, readFileSync } from 'node:fs';
import { compiledFile, keep, keptFile } from './compiled.ts';
import { placesOf } from './coverage.ts';
import type { Places } from './coverage.ts';
import { digest } from './mutant.ts';
import type { Outcome, Worker } from './worker.ts';

export interface Baseline {
  readonly test: string;
  readonly passed: number;
  readonly milliseconds: number;
  /** The names of its tests, the fastest first, or none where they do not pass in this order. */
  readonly first: readonly string[];
  readonly places: Readonly<Record<string, Places>>;
}

interface Kept extends Baseline {
  /** The contents that it depends on, by path. */
  readonly contents: Readonly<Record<string, string>>;
}

/** In milliseconds. */
const LIMIT = 120_000;
/** A busy machine may break what depends on time. */
const ATTEMPTS = 3;

/** Throws when the file fails without a mutant. */
export async function baselineOf(test: string, worker: Worker): Promise<Baseline> {
  const file = keptFile('baseline', test);
  if (existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept;
    if (Object.entries(kept.contents).every(([path, content]) => contentOf(path) === content))
      return kept;
  }
  const outcome = await passing(test, worker);
  const { passed = 0, milliseconds, files = [], coverage = {}, first } = outcome;
  const contents = Object.fromEntries(files.map((path) => [path, contentOf(path)]));
  const places = Object.fromEntries(
    Object.entries(coverage)
      .filter(([path]) => files.includes(path))
      .map(([path, ranges]) => {
        const texts = { ...compiledFile(path), source: readFileSync(path, 'utf8') };
        return [path, placesOf(ranges, texts)];
      }),
  );
  const baseline = { test, passed, milliseconds, first, places };
  keep(file, JSON.stringify({ ...baseline, contents } satisfies Kept));
  return baseline;
}

async function passing(test: string, worker: Worker): Promise<Outcome & Pick<Baseline, 'first'>> {
  let failure = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    worker.renew();
    // The first time is slower than those that follow.
    const outcome = await worker.run({ test, wantsCoverage: true, limit: LIMIT });
    // The last time a test is allowed to need those before it.
    const first = attempt === ATTEMPTS - 1 ? [] : fastestFirst(outcome);
    const again = await worker.run({ test, first, limit: LIMIT });
    if (outcome.passed !== undefined && outcome.passed === again.passed)
      return { ...outcome, milliseconds: again.milliseconds, first };
    failure = outcome.failure ?? again.failure ?? 'the number of its tests changes';
  }
  throw new Error(`${test} fails without a mutant: ${failure}`);
}

function fastestFirst({ tests = [] }: Outcome): readonly string[] {
  return tests.toSorted((a, b) => a.milliseconds - b.milliseconds).map(({ name }) => name);
}

function contentOf(path: string): string {
  return existsSync(path) ? digest(readFileSync(path, 'utf8')) : '';
}
