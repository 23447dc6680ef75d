/** Reports for people and programs. Pure. */
import { stripVTControlCharacters } from 'node:util';
import { CASES } from './cases/index.ts';
import type { ConformanceReport } from './conformance.ts';
import type { Group } from './definition.ts';
import { shown } from './thrown.ts';

/** The result of one case. */
export interface CaseResult {
  readonly name: string;
  readonly group: Group;
  readonly result: 'passed' | 'failed' | 'skipped';
  /** The reason of a failure or skip; absent when it passed. */
  readonly reason?: string;
}

/** A report on one driver. A JSON value. */
export interface DriverReport {
  readonly driver: string;
  /** How many cases passed, failed and were skipped. */
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** All of them, in the order of a driver's life. */
  readonly cases: readonly CaseResult[];
}

/** The results of a driver, as data. */
export function reportData(driver: string, report: ConformanceReport): DriverReport {
  const results = resultsOf(report);
  return {
    driver,
    passed: report.passed.length,
    failed: report.failed.length,
    skipped: report.skipped.length,
    cases: CASES.flatMap(({ name, group }) => {
      const result = results.get(name);
      return result === undefined ? [] : [{ name, group, ...result }];
    }),
  };
}

type Outcome = Pick<CaseResult, 'result' | 'reason'>;

function resultsOf({ passed, failed, skipped }: ConformanceReport): ReadonlyMap<string, Outcome> {
  return new Map<string, Outcome>([
    ...passed.map((name) => [name, { result: 'passed' }] as const),
    ...failed.map(
      ({ name, error }) => [name, { result: 'failed', reason: plain(shown(error)) }] as const,
    ),
    ...skipped.map(({ name, reason }) => [name, { result: 'skipped', reason }] as const),
  ]);
}

/** On a terminal node:assert colours its messages. */
function plain(text: string): string {
  return stripVTControlCharacters(text).trim();
}

/** The same for people: passed, failed and skipped cases, with reasons. Lines, without a final break. */
export function reportText(report: DriverReport): string {
  return [
    verdict(report),
    ...groups(report).flatMap((cases) => ['', `${cases[0]?.group}`, ...cases.flatMap(caseLines)]),
    ...skippedLines(report),
  ].join('\n');
}

function verdict({ driver, passed, failed, skipped }: DriverReport): string {
  const counts = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  if (failed > 0) return `driver ${driver} breaks the contract: ${counts}`;
  return passed > 0
    ? `driver ${driver} keeps the contract: ${counts}`
    : `driver ${driver} was not tried: ${counts}`;
}

/** The cases, by group. */
function groups({ cases }: DriverReport): readonly (readonly CaseResult[])[] {
  const byGroup = new Map<Group, CaseResult[]>();
  for (const one of cases) {
    if (one.result === 'skipped') continue;
    byGroup.set(one.group, [...(byGroup.get(one.group) ?? []), one]);
  }
  return [...byGroup.values()];
}

function caseLines({ name, result, reason }: CaseResult): readonly string[] {
  if (result === 'passed') return [`  ok      ${name}`];
  const lines = (reason ?? '').split('\n').filter((line) => line.trim() !== '');
  return [`  FAILED  ${name}`, ...lines.map((line) => `          ${line}`)];
}

/** By the first of its reasons: one that a whole platform shares would fill the screen. */
function skippedLines({ cases }: DriverReport): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const { name, result, reason = '' } of cases) {
    const [first = ''] = reason.split('; ');
    if (result === 'skipped') byReason.set(first, [...(byReason.get(first) ?? []), name]);
  }
  if (byReason.size === 0) return [];
  return [
    '',
    'skipped',
    ...[...byReason].map(([reason, names]) =>
      names.length === 1 ? `  ${names[0]}: ${reason}` : `  ${names.length} cases: ${reason}`,
    ),
  ];
}
