/** The test files that may notice a mutant. Each is measured only when no other has noticed. */
import { join } from 'node:path';
import { baselineOf } from './baseline.ts';
import type { Baseline } from './baseline.ts';
import { TOP } from './places.ts';
import { Worker } from './worker.ts';

export class Baselines {
  readonly #worker = new Worker();
  readonly #measured: Baseline[] = [];
  readonly #unmeasured: string[];
  readonly #isMeant: (test: string, file: string) => boolean;
  #last: Promise<unknown> = Promise.resolve();

  /** @param isMeant - whether a test file is to notice mutants of a source file */
  constructor(tests: readonly string[], isMeant: (test: string, file: string) => boolean) {
    this.#unmeasured = [...tests];
    this.#isMeant = isMeant;
  }

  get measured(): readonly Baseline[] {
    return this.#measured;
  }

  /** Measures one more that is to notice mutants of `file`. Returns whether there are more than before. */
  async measureMore(file: string): Promise<boolean> {
    const before = this.#measured.length;
    const next = this.#last.then(() => this.#measureNext(file));
    this.#last = next.catch(() => undefined);
    await next;
    return this.#measured.length > before;
  }

  end(): void {
    this.#worker.end();
  }

  async #measureNext(file: string): Promise<void> {
    const test = this.#unmeasured.find((one) => this.#isMeant(one, file));
    if (test === undefined) return;
    this.#unmeasured.splice(this.#unmeasured.indexOf(test), 1);
    this.#measured.push(await baselineOf(join(TOP, test), this.#worker));
  }
}
