/** The other end of worker-main.ts: a process that is replaced when it hangs or dies. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Timed } from './harness.ts';

/** From, to (exclusive), and how often it ran. */
export type Range = readonly [number, number, number];

export interface Order {
  /** The path of a test file. */
  readonly test: string;
  readonly changed?: { readonly path: string; readonly source: string; readonly code: string };
  readonly wantsCoverage: boolean;
  /** Names of tests that come before the others. */
  readonly first: readonly string[];
  /** Where the worker may write the changed source. */
  readonly scratch: string;
}

export interface Outcome {
  /** How many tests passed; undefined when one failed. */
  readonly passed?: number;
  /** Those that passed, when none failed. */
  readonly tests?: readonly Timed[];
  readonly failure?: string;
  /** The process hung or died, and is replaced. */
  readonly isLost?: true;
  readonly milliseconds: number;
  readonly memory: number;
  readonly files?: readonly string[];
  readonly coverage?: Readonly<Record<string, readonly Range[]>>;
}

export interface WorkerOrder {
  readonly test: string;
  readonly changed?: Order['changed'] | undefined;
  readonly wantsCoverage?: boolean;
  readonly first?: readonly string[];
  /** In milliseconds. A process that takes longer hangs. */
  readonly limit: number;
}

const MAIN = join(import.meta.dirname, 'worker-main.ts');
const TOP = join(import.meta.dirname, '../../../..');
/** In bytes: modules that were loaded anew stay in memory. */
const MEMORY = 900_000_000;

export class Worker {
  readonly #folder = mkdtempSync(join(tmpdir(), 'kleenet-mutants-'));
  #child: ChildProcess | undefined;
  #isFull = false;

  /** Whether the process should soon be replaced. */
  get isFull(): boolean {
    return this.#isFull;
  }

  async run(order: WorkerOrder): Promise<Outcome> {
    const { test, changed, wantsCoverage = false, first = [], limit } = order;
    const child = (this.#child ??= this.#start());
    const outcome = new Promise<Outcome>((resolve) => {
      const over = (failure: string): void => {
        resolve({ failure, isLost: true, milliseconds: limit, memory: 0 });
      };
      const timer = setTimeout(() => over('it hangs'), limit);
      const died = (): void => over('its process ended');
      child.once('exit', died);
      child.once('message', (message) => {
        clearTimeout(timer);
        child.off('exit', died);
        resolve(message as Outcome);
      });
    });
    child.send({
      test,
      ...(changed === undefined ? {} : { changed }),
      wantsCoverage,
      first,
      scratch: join(this.#folder, 'changed.ts'),
    } satisfies Order);
    const answer = await outcome;
    this.#isFull = answer.memory > MEMORY;
    if (answer.isLost === true) this.renew();
    return answer;
  }

  /** The next run is in a new process. */
  renew(): void {
    const child = this.#child;
    this.#child = undefined;
    this.#isFull = false;
    if (child?.pid === undefined || child.exitCode !== null) return;
    child.removeAllListeners();
    // Also what a test has started.
    process.kill(-child.pid, 'SIGKILL');
  }

  end(): void {
    this.renew();
    rmSync(this.#folder, { recursive: true });
  }

  #start(): ChildProcess {
    return fork(MAIN, [], {
      cwd: TOP,
      detached: true,
      env: workerEnvironment(),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  }
}

/** As run-tests.mjs does: settings of whoever runs this are not the tests'. */
function workerEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) =>
      !name.startsWith('KLEE_') && name !== 'FORCE_COLOR' && name !== 'NODE_EXTRA_CA_CERTS',
  );
  return Object.fromEntries(entries);
}
