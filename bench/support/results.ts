/** The page with all results, and the pictures that it shows. */
import { curveOf } from './curve.ts';
import { failuresOf, pointsTable, tableOf } from './table.ts';
import type { Outcome } from './verdict.ts';

export interface Page {
  readonly text: string;
  /** Names of files in `curves/`, and what is in them. */
  readonly curves: ReadonlyMap<string, string>;
}

/** How the figures came about. */
export interface Circumstances {
  readonly machine: readonly (readonly [string, string])[];
  readonly rounds: number;
  /** Networks and containers, at most. */
  readonly most: number;
  /** The rows that were left out, by name. */
  readonly leftOut: readonly string[];
}

export function resultsPage(
  outcomes: readonly Outcome[],
  { machine, rounds, most, leftOut }: Circumstances,
): Page {
  const curves = new Map<string, string>();
  for (const outcome of outcomes) {
    const curve = curveOf(outcome);
    if (curve !== undefined) curves.set(`${outcome.id}.svg`, curve);
  }
  const failures = failuresOf(outcomes);
  const parts = [
    '# Results',
    'Written by `script/bench --write`. [docs/performance.md](../docs/performance.md) says what each row means.',
    `Medians of ${rounds} rounds in which the contestants take turns (fewer where a row says so), with the first and third quartile in parentheses. Ratios are those of the same round, and then the median.`,
    machine.map(([name, value]) => `- ${name}: ${value}`).join('\n'),
    tableOf(outcomes),
    ...(most === Infinity ? [] : [`With at most ${most} networks or containers.`]),
    ...(leftOut.length === 0 ? [] : [`Not measured in this run: ${leftOut.join(', ')}.`]),
    ...(failures.length === 0 ? [] : ['## Failures', bullets(failures)]),
    ...outcomes.filter(({ row }) => row.points !== undefined).flatMap(growthPart),
  ];
  return { text: `${parts.join('\n\n')}\n`, curves };
}

function growthPart(outcome: Outcome): readonly string[] {
  const { id, row } = outcome;
  const picture = curveOf(outcome) === undefined ? [] : [`![${row.title}](curves/${id}.svg)`];
  return [`## ${row.title} (${row.unit})`, pointsTable(outcome), ...picture];
}

function bullets(lines: readonly string[]): string {
  return lines.map((one) => `- ${one}`).join('\n');
}
