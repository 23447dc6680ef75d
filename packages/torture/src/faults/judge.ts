/** Whether a command of klee ended as one may. Pure. */
import type { Ended } from '../world/processes.ts';

/** What klee prints of an error, with `--format json`. */
interface Said {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

/** Codes that say that klee itself is at fault. */
const OWN: ReadonlySet<string> = new Set(['INTERNAL', 'DATABASE_DAMAGED']);

/** What is wrong with how it ended, whatever had happened to its host; nothing if nothing is. */
export function judgeEnd(ended: Ended): string | undefined {
  return judge(ended, OWN);
}

/** The same, when files of the state were damaged: an error says so, and what to do. */
export function judgeDamaged(ended: Ended): string | undefined {
  const mute = (errorsOf(ended.stderr) ?? []).find(({ hint }) => hint.trim() === '');
  return (
    judge(ended, new Set(['INTERNAL'])) ??
    (mute === undefined ? undefined : `${mute.code} does not say what to do: ${mute.message}`)
  );
}

function judge({ status, stderr, stdout }: Ended, own: ReadonlySet<string>): string | undefined {
  if (status === null) return `it did not end in time, or crashed: ${stderr}`;
  if (status >= 128 && status !== 130) return `it ended with status ${status}: ${stderr}`;
  if (/^\s+at .*[:(]/m.test(stderr)) return `it shows a stack: ${stderr}`;
  const errors = errorsOf(stderr);
  if (errors === undefined) return `it prints what is not an error of klee: ${stderr}`;
  const fault = errors.find(({ code }) => own.has(code));
  if (fault !== undefined) return `${fault.code}: ${fault.message}`;
  const mute = errors.find(({ message }) => message.trim() === '');
  if (mute !== undefined) return `${mute.code} says nothing`;
  if (status === 0) return undefined;
  return errors.length > 0 || tells(stdout) ? undefined : `status ${status}, and it says nothing`;
}

/** The errors that were printed, a line each; undefined when another line is among them. */
function errorsOf(stderr: string): readonly Said['error'][] | undefined {
  const found: Said['error'][] = [];
  for (const line of stderr.split('\n').filter(Boolean)) {
    if (line.startsWith('warning: ')) continue;
    const said = parsed(line);
    if (said === undefined) return undefined;
    found.push(said);
  }
  return found;
}

function parsed(line: string): Said['error'] | undefined {
  try {
    const { error } = JSON.parse(line) as Partial<Said>;
    return typeof error?.code === 'string' ? error : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether a command such as `system check` has printed what it found. */
function tells(stdout: string): boolean {
  return stdout.trim() !== '' && stdout.trim() !== '[]';
}
