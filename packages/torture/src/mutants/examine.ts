/** Tries mutants one after the other: which tests could notice, and whether one does. */
import { join } from 'node:path';
import type { Baseline } from './baseline.ts';
import type { Baselines } from './baselines.ts';
import { compile } from './compiled.ts';
import { ranWithin } from './coverage.ts';
import { applied } from './mutant.ts';
import type { Mutant } from './mutant.ts';
import { Worker } from './worker.ts';
import type { Outcome } from './worker.ts';

export interface Examined {
  readonly mutant: Mutant;
  /** Undefined for a survivor. */
  readonly by: 'test' | 'compiler' | undefined;
  /** The test file that noticed it. */
  readonly test?: string;
  /** How many test files were tried: all that run the code, for a survivor. */
  readonly tests: number;
}

interface ExamineOptions {
  readonly top: string;
  readonly sources: ReadonlyMap<string, string>;
  readonly baselines: Baselines;
  readonly workers: number;
  readonly until: number;
  /** In milliseconds: no test hangs before. */
  readonly patience?: number | undefined;
  readonly heard: (examined: Examined) => void;
}

/** A test that takes this many times as long as without a mutant, and some patience on top, hangs. */
const TIMES = 4;
/** In milliseconds: rather than a test that takes longer, one that is not measured yet is tried. */
const UNKNOWN = 300;
/** In milliseconds. */
const PATIENCE = 6_000;
/** After so many mutants that were noticed, a worker has to show that its tests still pass without one. */
const TRUSTED = 20;

/** Tries mutants in their order until the time is over. */
export async function examine(mutants: readonly Mutant[], options: ExamineOptions): Promise<void> {
  const queue = mutants.map((mutant) => ({ mutant, isAlone: false }));
  const order = new TestOrder(options);
  const work = async (): Promise<void> => {
    const examiner = new Examiner(order, options);
    const again = ({ mutants: doubtful, isAlone }: Again): void => {
      queue.unshift(...doubtful.map((mutant) => ({ mutant, isAlone })));
    };
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        if (Date.now() > options.until && !next.isAlone) continue;
        if (next.isAlone) await examiner.takeAlone(next.mutant);
        else again(await examiner.take(next.mutant));
        if (queue.length === 0) again(await examiner.settle());
      }
    } finally {
      examiner.end();
    }
  };
  await Promise.all(Array.from({ length: options.workers }, work));
}

/**
 * Test files for a mutant: of those that are measured, first those that noticed others in its file, then the fastest;
 * then the others.
 */
class TestOrder {
  /** Those for which there was no time to measure all test files. */
  readonly unfinished: Set<Mutant> = new Set();
  readonly #baselines: Baselines;
  readonly #top: string;
  readonly #until: number;
  readonly #noticed = new Map<string, number>();

  constructor({ baselines, top, until }: ExamineOptions) {
    this.#baselines = baselines;
    this.#top = top;
    this.#until = until;
  }

  async *of(mutant: Mutant): AsyncGenerator<Baseline> {
    const { file, start, end } = mutant;
    const path = join(this.#top, file);
    const runs = ({ places }: Baseline): boolean => ranWithin(places[path] ?? [], start, end);
    const taken = new Set<string>();
    for (;;) {
      const left = this.#baselines.measured.filter((one) => !taken.has(one.test) && runs(one));
      const [best] = left.toSorted((a, b) => this.#score(file, a) - this.#score(file, b));
      const isFast = best !== undefined && this.#score(file, best) < UNKNOWN;
      if (!isFast && Date.now() > this.#until) {
        this.unfinished.add(mutant);
        return;
      }
      // One that is new, for this worker or for another, is among those that are left if it runs the code.
      if (!isFast && (await this.#baselines.measureMore(file))) continue;
      if (best === undefined) return;
      taken.add(best.test);
      yield best;
    }
  }

  #score(file: string, { test, milliseconds }: Baseline): number {
    return milliseconds / (1 + this.#count(file, test)) ** 2;
  }

  learn({ file }: Mutant, test: string): void {
    this.#noticed.set(`${file} ${test}`, this.#count(file, test) + 1);
  }

  #count(file: string, test: string): number {
    return this.#noticed.get(`${file} ${test}`) ?? 0;
  }
}

/** Mutants to be tried again. */
interface Again {
  readonly mutants: readonly Mutant[];
  /** Each in a process of its own. */
  readonly isAlone: boolean;
}

const NONE: Again = { mutants: [], isAlone: false };

interface Tried {
  readonly examined: Examined;
  /** Of the test that noticed it. */
  readonly baseline: Baseline | undefined;
  readonly isLost: boolean;
}

class Examiner {
  readonly #worker = new Worker();
  readonly #order: TestOrder;
  readonly #options: ExamineOptions;
  #unsettled: { readonly examined: Examined; readonly baseline: Baseline }[] = [];

  constructor(order: TestOrder, options: ExamineOptions) {
    this.#order = order;
    this.#options = options;
  }

  async take(mutant: Mutant): Promise<Again> {
    const { examined, baseline, isLost } = await this.#try(mutant);
    if (this.#order.unfinished.has(mutant)) return NONE;
    if (baseline === undefined || isLost) this.#options.heard(examined);
    else this.#unsettled.push({ examined, baseline });
    // Their process can no longer show that it was sound; that it was not is unlikely.
    if (isLost) return { mutants: this.#doubt(), isAlone: false };
    const isOver = this.#unsettled.length >= TRUSTED || this.#worker.isFull;
    return isOver ? this.settle() : NONE;
  }

  /** Believes what was noticed if the tests that did still pass without a mutant in the same process. */
  async settle(): Promise<Again> {
    const baselines = new Set(this.#unsettled.map(({ baseline }) => baseline));
    for (const baseline of baselines) {
      const { passed } = await this.#run(baseline, undefined);
      if (passed !== baseline.passed) return { mutants: this.#doubt(), isAlone: true };
    }
    for (const { examined } of this.#unsettled.splice(0)) this.#options.heard(examined);
    if (this.#worker.isFull) this.#worker.renew();
    return NONE;
  }

  #doubt(): readonly Mutant[] {
    this.#worker.renew();
    return this.#unsettled.splice(0).map(({ examined }) => examined.mutant);
  }

  /** In a process of its own. */
  async takeAlone(mutant: Mutant): Promise<void> {
    const again = await this.settle();
    this.#worker.renew();
    const { examined } = await this.#try(mutant);
    this.#worker.renew();
    if (!this.#order.unfinished.has(mutant)) this.#options.heard(examined);
    for (const one of again.mutants) await this.takeAlone(one);
  }

  end(): void {
    this.#worker.end();
  }

  async #try(mutant: Mutant): Promise<Tried> {
    const path = join(this.#options.top, mutant.file);
    const source = applied(this.#options.sources.get(mutant.file) ?? '', mutant);
    const code = codeOf(path, source);
    if (code === undefined)
      return { examined: { mutant, tests: 0, by: 'compiler' }, baseline: undefined, isLost: false };
    const changed = { path, source, code };
    let tests = 0;
    for await (const baseline of this.#order.of(mutant)) {
      tests += 1;
      const { passed, isLost = false } = await this.#run(baseline, changed);
      if (passed === baseline.passed) continue;
      this.#order.learn(mutant, baseline.test);
      const noticed: Examined = { mutant, tests, by: 'test', test: baseline.test };
      return { examined: noticed, baseline, isLost };
    }
    return { examined: { mutant, tests, by: undefined }, baseline: undefined, isLost: false };
  }

  #run(
    { test, milliseconds, first }: Baseline,
    changed: { path: string; source: string; code: string } | undefined,
  ): Promise<Outcome> {
    const limit = milliseconds * TIMES + (this.#options.patience ?? PATIENCE);
    return this.#worker.run({ test, changed, first, limit });
  }
}

/** Undefined when the mutant is not even syntax. */
function codeOf(path: string, source: string): string | undefined {
  try {
    return compile(path, source).code;
  } catch (error) {
    if (error instanceof Error && 'errors' in error) return undefined;
    throw error;
  }
}
