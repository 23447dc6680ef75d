/** The table of results, in Markdown. */
import { pointsOf } from './row.ts';
import type { Contestant, Row } from './row.ts';
import { figure, goalText, nameOf, pointText, withSpread } from './text.ts';
import { growthIn, ratioIn, spreadIn, verdictOf } from './verdict.ts';
import type { Outcome, Runtime } from './verdict.ts';

const HEADINGS = [
  'row',
  'unit',
  'klee on Node',
  'one file',
  'peer',
  'Node / peer',
  'one file / peer',
  'others',
  'goal, Node',
  'met',
  'goal, one file',
  'met',
];

export function tableOf(outcomes: readonly Outcome[]): string {
  const lines = [HEADINGS, HEADINGS.map(() => '---'), ...outcomes.map(cells)];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function cells(outcome: Outcome): readonly string[] {
  const { row } = outcome;
  return [
    titleOf(row),
    row.unit,
    withSpread(spreadIn(outcome, 'node')),
    withSpread(spreadIn(outcome, 'file')),
    peerText(outcome),
    peerRatio(outcome, 'node'),
    peerRatio(outcome, 'file'),
    othersText(outcome),
    ...verdictCells(outcome, 'node'),
    ...verdictCells(outcome, 'file'),
  ];
}

/** The table shows a row at its last point. */
function titleOf({ title, points }: Row): string {
  return points === undefined
    ? title
    : `${title}, ${pointText(points.at.at(-1) ?? 0)} ${points.of}`;
}

function peerText(outcome: Outcome): string {
  const { peer, points } = outcome.row;
  if (peer !== undefined) return `${nameOf(peer)}: ${withSpread(spreadIn(outcome, peer))}`;
  return points === undefined ? '–' : `itself at ${pointText(points.at[0] ?? 0)}`;
}

function peerRatio(outcome: Outcome, runtime: Runtime): string {
  const { peer, points } = outcome.row;
  if (peer !== undefined) return withSpread(ratioIn(outcome, runtime, peer));
  return points === undefined ? '–' : withSpread(growthIn(outcome, runtime));
}

function othersText(outcome: Outcome): string {
  const { row } = outcome;
  const others = (Object.keys(row.tasks) as Contestant[]).filter(
    (one) => one !== 'node' && one !== 'file' && one !== row.peer,
  );
  const texts = others.map((one) => `${nameOf(one)}: ${withSpread(spreadIn(outcome, one))}`);
  return texts.length === 0 ? '–' : texts.join('; ');
}

function verdictCells(outcome: Outcome, runtime: Runtime): readonly string[] {
  const goal = outcome.row.goals[runtime];
  if (goal === undefined) return ['–', '–'];
  const verdict = verdictOf(outcome, runtime);
  const found = verdict === undefined ? 'not measured' : metText(verdict.met, verdict.value);
  return [goalText(goal, outcome.row), found];
}

function metText(met: boolean, value: number): string {
  return met ? `met: ${figure(value)}` : `**not met**: ${figure(value)}`;
}

/** Every point of the rows that have several. */
export function pointsTable(outcome: Outcome): string {
  const { row } = outcome;
  const contestants = Object.keys(row.tasks) as Contestant[];
  const lines = [
    [row.points?.of ?? '', ...contestants.map(nameOf)],
    ['---', ...contestants.map(() => '---')],
    ...pointsOf(row).map((point) => [
      pointText(point),
      ...contestants.map((one) => withSpread(spreadIn(outcome, one, point))),
    ]),
  ];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** Contestants without figures, and why. */
export function failuresOf(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap(({ row, figures }) =>
    figures.flatMap(({ contestant, point, failed }) => {
      const place = row.points === undefined ? '' : ` at ${point}`;
      return failed === undefined
        ? []
        : [`${row.title}, ${nameOf(contestant)}${place}: ${failed.replaceAll(/\s+/g, ' ')}`];
    }),
  );
}
