/** What the terminal shows of a row: a line for each contestant. */
import type { Contestant } from './row.ts';
import { figure, goalText, nameOf, withSpread } from './text.ts';
import { ratioIn, spreadIn, verdictOf } from './verdict.ts';
import type { Outcome } from './verdict.ts';

export function summaryOf(outcome: Outcome): string {
  const contestants = Object.keys(outcome.row.tasks) as Contestant[];
  return contestants.map((contestant) => lineOf(outcome, contestant)).join('\n');
}

function lineOf(outcome: Outcome, contestant: Contestant): string {
  const { row } = outcome;
  const value = `${withSpread(spreadIn(outcome, contestant))} ${row.unit}`;
  const ratio =
    row.peer === undefined || contestant === row.peer
      ? ''
      : `${withSpread(ratioIn(outcome, contestant, row.peer))} × ${nameOf(row.peer)}`;
  const words = `  ${nameOf(contestant).padEnd(14)} ${value.padEnd(32)} ${ratio.padEnd(32)}`;
  return `${words} ${goalOf(outcome, contestant)}`.trimEnd();
}

function goalOf(outcome: Outcome, contestant: Contestant): string {
  if (contestant !== 'node' && contestant !== 'file') return '';
  const verdict = verdictOf(outcome, contestant);
  if (verdict === undefined) return '';
  const { goal, met, value } = verdict;
  return `goal ${goalText(goal, outcome.row)}: ${figure(value)}, ${met ? 'met' : 'NOT met'}`;
}
