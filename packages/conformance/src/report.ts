/** Reports for people and programs. Pure. */
import { stripVTControlCharacters } from 'node:util';
import type { PlatformName } from '@kleenet/core/driver';
import { CASES } from './cases/index.ts';
import type { ConformanceReport, PlatformTrial } from './conformance.ts';
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

/** Whether a driver works on one platform. */
export interface PlatformVerdict extends PlatformTrial {
  /** `proved`: cases about a host of it have passed, and none has failed. `broken`: one about the platform has failed. */
  readonly verdict: 'proved' | 'broken' | 'not tried';
}

/** A report on one driver. A JSON value. */
export interface DriverReport {
  readonly driver: string;
  /** `proved`: on every platform that it is for. `broken`: a case has failed. */
  readonly verdict: 'proved' | 'broken' | 'not proved';
  /** By platform. */
  readonly platforms: readonly PlatformVerdict[];
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
  const platforms = (report.platforms ?? []).map((trial) => verdictOn(trial, results));
  return {
    driver,
    verdict: verdictOf(report, platforms),
    platforms,
    passed: report.passed.length,
    failed: report.failed.length,
    skipped: report.skipped.length,
    cases: CASES.flatMap(({ name, group }) => {
      const result = results.get(name);
      return result === undefined ? [] : [{ name, group, ...result }];
    }),
  };
}

function verdictOf(
  { passed, failed }: ConformanceReport,
  platforms: readonly PlatformVerdict[],
): DriverReport['verdict'] {
  if (failed.length > 0) return 'broken';
  const isProved = passed.length > 0 && platforms.every(({ verdict }) => verdict === 'proved');
  return isProved ? 'proved' : 'not proved';
}

/** By the cases about it; one that nothing of a host has passed for is not proved by its others. */
function verdictOn(trial: PlatformTrial, results: ReadonlyMap<string, Outcome>): PlatformVerdict {
  const about = CASES.filter(({ on }) => on === trial.platform);
  const has = (result: Outcome['result'], cases: readonly { readonly name: string }[]): boolean =>
    cases.some(({ name }) => results.get(name)?.result === result);
  if (has('failed', about)) return { ...trial, verdict: 'broken' };
  const onHost = about.filter(({ group }) => group !== 'data planes');
  const isProved = trial.host !== undefined && has('passed', onHost);
  return { ...trial, verdict: isProved ? 'proved' : 'not tried' };
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
    headline(report),
    ...platformLines(report),
    ...groups(report).flatMap((cases) => ['', `${cases[0]?.group}`, ...cases.flatMap(caseLines)]),
    ...skippedLines(report),
  ].join('\n');
}

const TITLES: Readonly<Record<PlatformName, string>> = {
  freebsd: 'FreeBSD',
  linux: 'Linux',
  memory: 'the simulated host',
};

function headline({ driver, platforms, ...report }: DriverReport): string {
  const counts = `${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`;
  const named = (wanted: PlatformVerdict['verdict']): string =>
    platforms
      .filter((one) => one.verdict === wanted)
      .map(({ platform }) => TITLES[platform])
      .join(' and ');
  const [proved, broken, open] = [named('proved'), named('broken'), named('not tried')];
  if (report.verdict === 'broken')
    return `driver ${driver} breaks the contract${broken === '' ? '' : ` on ${broken}`}: ${counts}`;
  if (report.passed === 0) return `driver ${driver} was not tried: ${counts}`;
  const kept = `keeps the contract${proved === '' ? '' : ` on ${proved}`}`;
  if (open === '') return `driver ${driver} ${kept}: ${counts}`;
  const also = proved === '' ? '' : `${kept}, and `;
  return `driver ${driver} ${also}is not proved on ${open}: ${counts}`;
}

/** What the verdict on each platform rests on. */
function platformLines({ platforms }: DriverReport): readonly string[] {
  return platforms.flatMap(({ platform, verdict: found, host, reason, basis }) => {
    const where =
      host === undefined ? `: ${reason ?? 'no case about a host of it has run'}` : ` on ${host}`;
    const line = `  ${platform.padEnd(8)} ${found}${where}`;
    return basis === undefined ? [line] : [line, `${' '.repeat(11)}${basis}`];
  });
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
