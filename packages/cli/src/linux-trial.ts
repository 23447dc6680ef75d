/**
 * The cases about a Linux host, run by further processes of klee in namespaces of their own: a process cannot enter any
 * itself. Each takes a share of the cases.
 */
import { spawn } from 'node:child_process';
import { availableParallelism, platform } from 'node:os';
import type { ConformanceReport, PlatformTrial } from '@kleenet/conformance';

/** The result of one case, as a line of JSON. */
interface CaseLine {
  readonly name: string;
  readonly result: 'passed' | 'failed' | 'skipped';
  readonly reason?: string;
}

/** Lines of such a process, in this order. */
export type TrialLine =
  /** The host that it has made, and the cases that it is about to run. */
  { readonly host: string; readonly cases: readonly string[] } | CaseLine | { readonly done: true };

/** What has come of it on a Linux host. */
export type Trial =
  | { readonly host: string; readonly cases: readonly CaseLine[] }
  /** There is no such host here. */
  | { readonly untried: string };

/** More than this would wait for each other in the kernel. */
const SHARES = 4;

export interface TrialCommand {
  /** The words that start klee for one share. */
  readonly words: (share: string) => readonly [string, ...string[]];
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** Tries one driver. Never rejects because of it. */
export async function tryOnLinux({ words, directory, signal }: TrialCommand): Promise<Trial> {
  if (platform() !== 'linux') return { untried: 'this host is not Linux' };
  const shares = Math.min(SHARES, availableParallelism());
  const outcomes = await Promise.all(
    Array.from({ length: shares }, (_, index) => {
      const [program, ...rest] = words(`${index + 1}/${shares}`);
      return finished(program, rest, { directory, signal });
    }),
  );
  const trials = outcomes.map(trialOf);
  const [host] = trials.flatMap((one) => ('host' in one ? [one.host] : []));
  const [untried] = trials.flatMap((one) => ('untried' in one ? [one.untried] : []));
  if (host === undefined || untried !== undefined)
    return { untried: untried ?? 'there is no host to try it on' };
  return { host, cases: trials.flatMap((one) => ('cases' in one ? one.cases : [])) };
}

interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly ending: string;
}

function finished(
  program: string,
  words: readonly string[],
  { directory, signal }: Omit<TrialCommand, 'words'>,
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => void (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => void (stderr += data.toString()));
    const end = (ending: string): void => resolve({ stdout, stderr, ending });
    child.on('error', (error) => end(error.message));
    child.on('close', (status, name) => end(`it ended with ${name ?? `status ${status}`}`));
  });
}

/** A process that ends early fails the cases that it has not told of. */
function trialOf({ stdout, stderr, ending }: Finished): Trial {
  const lines = stdout.split('\n').flatMap(lineOf);
  const [begin] = lines.flatMap((line) => ('host' in line ? [line] : []));
  const said = stderr.trim().split('\n').at(-1) ?? '';
  if (begin === undefined) return { untried: said === '' ? ending : said };
  const cases = lines.flatMap((line) => ('name' in line ? [line] : []));
  const told = new Set(cases.map(({ name }) => name));
  const reason = `the process that tried it is gone: ${ending}${said === '' ? '' : `, and said: ${said}`}`;
  const silent = begin.cases
    .filter((name) => !told.has(name))
    .map((name): CaseLine => ({ name, result: 'failed', reason }));
  return { host: begin.host, cases: [...cases, ...silent] };
}

/** What the driver itself prints is passed over. */
function lineOf(text: string): readonly TrialLine[] {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null ? [line as TrialLine] : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** The report with what was found on a Linux host, in place of the cases that lacked one. */
export function withLinux(report: ConformanceReport, trial: Trial): ConformanceReport {
  if ('untried' in trial) return untriedOn(report, trial.untried);
  const found = new Map(trial.cases.map((one) => [one.name, one]));
  const named = (result: CaseLine['result']): readonly CaseLine[] =>
    trial.cases.filter((one) => one.result === result);
  return {
    passed: [...report.passed, ...named('passed').map(({ name }) => name)],
    failed: [
      ...report.failed,
      ...named('failed').map(({ name, reason = '' }) => ({ name, error: new Error(reason) })),
    ],
    skipped: report.skipped
      .map((one) => {
        const { reason } = found.get(one.name) ?? {};
        return reason === undefined ? one : { name: one.name, reason };
      })
      .filter(({ name }) => (found.get(name)?.result ?? 'skipped') === 'skipped'),
    platforms: onLinux(report, { platform: 'linux', host: trial.host }),
  };
}

function untriedOn(report: ConformanceReport, reason: string): ConformanceReport {
  return {
    ...report,
    skipped: report.skipped.map((one) =>
      one.reason.includes(LACK) ? { ...one, reason: one.reason.replace(LACK, reason) } : one,
    ),
    platforms: onLinux(report, { platform: 'linux', reason }),
  };
}

const LACK = 'no host of linux was given';

function onLinux(report: ConformanceReport, trial: PlatformTrial): readonly PlatformTrial[] {
  return (report.platforms ?? []).map((one) => (one.platform === 'linux' ? trial : one));
}
