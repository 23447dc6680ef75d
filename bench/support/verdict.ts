/** What a row's figures say, and whether its goals are met. */
import { pointsOf } from './row.ts';
import type { Contestant, Goal, Row } from './row.ts';
import type { Figures } from './rounds.ts';
import { ratioOf, spreadOf } from './statistics.ts';
import type { Spread } from './statistics.ts';

export type Runtime = 'node' | 'file';

export interface Verdict {
  readonly goal: Goal;
  /** What is compared with the goal. */
  readonly value: number;
  readonly met: boolean;
}

export interface Outcome {
  readonly id: string;
  readonly row: Row;
  readonly figures: readonly Figures[];
}

/** The figures of a contestant at a point, the last unless said otherwise; undefined where there are none. */
function valuesOf(
  { row, figures }: Outcome,
  contestant: Contestant,
  point: number = pointsOf(row).at(-1) ?? 0,
): readonly number[] | undefined {
  const found = figures.find((one) => one.contestant === contestant && one.point === point);
  return found === undefined || found.values.length === 0 ? undefined : found.values;
}

export function spreadIn(
  outcome: Outcome,
  contestant: Contestant,
  point?: number,
): Spread | undefined {
  const values = valuesOf(outcome, contestant, point);
  return values === undefined ? undefined : spreadOf(values);
}

/** How many times another contestant's figures, at the last point. */
export function ratioIn(
  outcome: Outcome,
  contestant: Contestant,
  peer: Contestant,
): Spread | undefined {
  const [values, peers] = [valuesOf(outcome, contestant), valuesOf(outcome, peer)];
  return values === undefined || peers === undefined ? undefined : ratioOf(values, peers);
}

/** How many times as much as at the first point. */
export function growthIn(outcome: Outcome, contestant: Contestant): Spread | undefined {
  const [first = 0] = pointsOf(outcome.row);
  const [values, small] = [valuesOf(outcome, contestant), valuesOf(outcome, contestant, first)];
  return values === undefined || small === undefined ? undefined : ratioOf(values, small);
}

/** Undefined where there is no goal, or nothing to compare with it. */
export function verdictOf(outcome: Outcome, runtime: Runtime): Verdict | undefined {
  const goal = outcome.row.goals[runtime];
  if (goal === undefined) return undefined;
  const value = comparedWith(outcome, runtime, goal)?.median;
  if (value === undefined || Number.isNaN(value)) return undefined;
  const met = outcome.row.moreIsBetter ? value >= goal.limit : value <= goal.limit;
  return { goal, value, met };
}

function comparedWith(outcome: Outcome, runtime: Runtime, { of }: Goal): Spread | undefined {
  if (of === 'unit') return spreadIn(outcome, runtime);
  return of === 'first point' ? growthIn(outcome, runtime) : ratioIn(outcome, runtime, of);
}
