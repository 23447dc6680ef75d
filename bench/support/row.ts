/** One row of the table: what is measured, of whom, and what it should be. */
import type { Engine } from '../engines/engine.ts';

/**
 * `node` and `file` are klee on Node.js and as one file; `plugins` are the CNI plugins, called directly; `empty` is
 * `node -e 0`; `floor` does the same work with as few programs as there can be.
 */
export type Contestant = 'node' | 'file' | 'podman' | 'docker' | 'plugins' | 'empty' | 'floor';

type Unit = 'ms' | 's' | 'µs' | 'KiB' | 'MiB' | 'syncs' | 'Gbit/s' | 'per s';

type Awaitable<T> = T | Promise<T>;

/** What one contestant does at one point. Only `measure` is measured. */
export interface Task {
  /** Once, before everything. */
  setUp?(): Awaitable<void>;
  /** Before each round. */
  before?(): Awaitable<void>;
  /** The work of a round, and what it took in the row's unit. */
  measure(): Awaitable<number>;
  /** Throws if the result is wrong. Called once, after the work of a rehearsal that does not count. */
  check?(): Awaitable<void>;
  /** After each round: puts things back. */
  after?(): Awaitable<void>;
}

/** Where a task works: in namespaces and in a directory of its own. */
export interface Scene {
  readonly contestant: Contestant;
  /** How many networks, containers, bytes: one of the row's points. */
  readonly point: number;
  /** So many, or fewer where that is only tried. */
  many(count: number): number;
  /** On disk, empty. */
  readonly directory: string;
  /** The contestant as an engine, open. */
  engine(): Promise<Engine>;
}

/** At most (where more is better: at least) this many times another contestant, its own first point, or of the unit. */
export interface Goal {
  readonly limit: number;
  readonly of: Contestant | 'first point' | 'unit';
}

export interface Row {
  readonly title: string;
  readonly unit: Unit;
  /** Default: less is better. */
  readonly moreIsBetter?: true;
  /** At most so many rounds (default 20). */
  readonly rounds?: number;
  /** Takes minutes, and is run with `--long` only. It has no rehearsal: the result of the first round is checked. */
  readonly long?: true;
  /** Where the work is measured; the table shows the last, a curve all. */
  readonly points?: { readonly of: string; readonly at: readonly number[] };
  /** Whom the table compares with. */
  readonly peer?: Contestant;
  readonly goals: { readonly node?: Goal; readonly file?: Goal };
  readonly tasks: Readonly<Partial<Record<Contestant, (scene: Scene) => Awaitable<Task>>>>;
}

/** The points of a row; a row without has one. */
export function pointsOf(row: Row): readonly number[] {
  return row.points?.at ?? [0];
}

/** The same task for several contestants. */
export function each<C extends Contestant>(
  contestants: readonly C[],
  task: (scene: Scene) => Awaitable<Task>,
): Record<C, typeof task> {
  return Object.fromEntries(contestants.map((name) => [name, task])) as Record<C, typeof task>;
}
