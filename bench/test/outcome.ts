/** An outcome for tests: two rounds of each contestant at each point. */
import type { Contestant, Row } from '../support/row.ts';
import type { Outcome } from '../support/verdict.ts';

const NOTHING = { measure: () => 0 };

/** @param figures - the values of each contestant, at one point or at each */
export function sampleOutcome(
  parts: Partial<Row>,
  figures: Readonly<Partial<Record<Contestant, readonly (readonly number[])[]>>>,
): Outcome {
  const contestants = Object.keys(figures) as Contestant[];
  const row: Row = {
    title: 'connect',
    unit: 'ms',
    goals: {},
    tasks: Object.fromEntries(contestants.map((one) => [one, () => NOTHING])),
    ...parts,
  };
  const points = row.points?.at ?? [0];
  return {
    id: 'connect',
    row,
    figures: contestants.flatMap((contestant) =>
      points.map((point, index) => ({
        contestant,
        point,
        values: figures[contestant]?.[index] ?? [],
      })),
    ),
  };
}
