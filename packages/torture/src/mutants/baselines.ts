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
  #last: Promise<unknown> = Promise.resolve();

  constructor(tests: readonly string[]) {
    this.#unmeasured = [...tests];
  }

  get measured(): readonly Baseline[] {
    return this.#measured;
  }

  /** Measures one more, first one of the package that owns `file`. Returns whether there are more than before. */
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
    const nearest = this.#unmeasured.findIndex((test) => packageOf(test) === packageOf(file));
    const [test] = this.#unmeasured.splice(Math.max(nearest, 0), 1);
    if (test !== undefined) this.#measured.push(await baselineOf(join(TOP, test), this.#worker));
  }
}

function packageOf(file: string): string {
  return file.split('/').slice(0, 2).join('/');
}
