/** How a shell execs a program outside the model. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { throughMounts } from '../kernel/mounts.ts';
import type { Mount } from '../state.ts';
import type { Task } from '../tasks.ts';
import { MARKER } from './real-processes.ts';

export interface Surroundings {
  /** Of the caller. */
  readonly environment: Readonly<Record<string, string>>;
  /** The directory with the stand-ins for FreeBSD's programs. */
  readonly shims: string;
  /** The file that processes of the task's jail have open. */
  readonly marker: string | undefined;
  /** What the host has mounted. */
  readonly mounts: readonly Mount[];
}

/** Stand-ins that are not programs of the model. */
const HELPERS: readonly string[] = ['rm'];

/** Shell text that execs the program, or jexec(8)'s failure. */
export type Plan = { readonly text: string } | { readonly refusal: string };

/**
 * The host's programs find the stand-ins first. A program in a jail gets exactly the given environment, and is looked
 * up below the jail's root first.
 */
export function planFor(task: Task, surroundings: Surroundings): Plan {
  const { jail } = task;
  if (jail === undefined) return { text: planOnHost(task, surroundings) };
  if (!hasUser(task)) return { refusal: `jexec: ${task.user?.name ?? ''}: no such user` };
  const path = pathOf(task, surroundings);
  const found = findProgram(task.argv[0] ?? '', rootedPath(jail.path, path), jail.path);
  if ('refusal' in found) return found;
  const words = task.argv.slice(1).map((word) => rooted(word, jail.path, surroundings.mounts));
  const cleaned = exactly(environmentOf(task, surroundings, rootedPath(jail.path, path), path));
  return { text: started(task, [...cleaned, found.program, ...words], surroundings.marker) };
}

/** A shell adds its own variables: this keeps them out of jails. */
function exactly(environment: Readonly<Record<string, string>>): readonly string[] {
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return ['env', '-i', '--', ...settings];
}

function environmentOf(
  { clean, variables }: Task,
  { environment }: Surroundings,
  path: string,
  given: string,
): Readonly<Record<string, string>> {
  const inherited = clean ? {} : environment;
  return { ...inherited, ...variables, ...(path === given ? {} : { PATH: path }) };
}

function planOnHost(task: Task, { environment, shims }: Surroundings): string {
  const path = (environment['PATH'] ?? '').split(':').filter((directory) => directory !== shims);
  const program = task.argv[0] ?? '';
  const helper = HELPERS.includes(program) ? `${shims}/${program}` : undefined;
  const real = program.includes('/') ? program : (helper ?? find(program, path) ?? program);
  const settings = Object.entries(task.variables).map(([name, value]) => `${name}=${value}`);
  const env = task.clean ? ['env', '-i', '--', ...settings] : ['env', '--', ...settings];
  const words = [...(env.length > 2 ? env : []), real, ...task.argv.slice(1)];
  const prepared = task.clean ? '' : `PATH=${quote([shims, ...path].join(':'))}; export PATH; `;
  return `${prepared}${started(task, words, undefined)}`;
}

/** Writes the process id, waits for the process, and removes the file. */
const WATCH = 'exec >>"$2" 2>&1; f=$1; shift 2; "$@" & printf %s $! >"$f"; wait $!; rm -f "$f"';

/** Enters a jail, and then becomes the command. */
const ENTER = `exec ${MARKER}<"$0"; cd /; exec "$@"`;

function started({ detached }: Task, words: readonly string[], marker: string | undefined): string {
  const open = marker === undefined ? '' : `exec ${MARKER}<${quote(marker)}; cd /; `;
  if (detached === undefined) return `${open}exec ${words.map(quote).join(' ')}`;
  const { pidFile, output = '/dev/null', silent, inside } = detached;
  const enter = marker === undefined || inside ? [] : ['sh', '-c', ENTER, marker];
  const watch = pidFile === undefined ? [] : ['sh', '-c', WATCH, 'daemon', pidFile, output];
  const streams = silent || pidFile !== undefined ? '>/dev/null 2>&1' : '';
  const command = [...watch, ...enter, ...words].map(quote).join(' ');
  return `${inside ? open : ''}setsid ${command} </dev/null ${streams} &`;
}

/** The default PATH of execvp(3). */
const DEFAULT_PATH = '/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin';

function pathOf({ variables, clean }: Task, { environment, shims }: Surroundings): string {
  const given = variables['PATH'] ?? (clean ? undefined : environment['PATH']) ?? DEFAULT_PATH;
  return given
    .split(':')
    .filter((directory) => directory !== shims)
    .join(':');
}

/** A jail with programs in its root finds those first. */
function rootedPath(root: string, path: string): string {
  const directories = path.split(':');
  const own = directories
    .map((directory) => `${root}${directory}`)
    .filter((one) => existsSync(one));
  return [...own, ...directories].join(':');
}

function findProgram(
  program: string,
  path: string,
  root: string,
): { readonly program: string } | { readonly refusal: string } {
  const candidates = program.includes('/')
    ? [`${root}${program}`, program]
    : path.split(':').map((directory) => `${directory}/${program}`);
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined)
    return { refusal: `jexec: execvp: ${program}: No such file or directory` };
  if (!isExecutable(found)) return { refusal: `jexec: execvp: ${program}: Permission denied` };
  return { program: found };
}

function find(program: string, path: readonly string[]): string | undefined {
  return path
    .map((directory) => `${directory}/${program}`)
    .find((candidate) => existsSync(candidate) && isExecutable(candidate));
}

function isExecutable(path: string): boolean {
  const found = statSync(path);
  return found.isFile() && (found.mode & 0o111) !== 0;
}

/** Files of a jail in `/etc` are not those of this machine; of other files it has those below its root. */
function rooted(word: string, root: string, mounts: readonly Mount[]): string {
  const lies = throughMounts(mounts, `${root}${word}`);
  if (word.startsWith('/') && lies !== `${root}${word}` && existsSync(lies)) return lies;
  if (word.startsWith('/') && !word.startsWith(root) && existsSync(`${root}${word}`))
    return `${root}${word}`;
  return word.replaceAll(/(^|[\s"'=<>|;&(])(?=\/etc\/)/g, `$1${root}`);
}

/** Of the jail's users with -U, of the host's with -u. */
function hasUser({ user, jail }: Task): boolean {
  if (user === undefined || user.name === 'root') return true;
  const own = `${jail?.path ?? ''}/etc/passwd`;
  const file = user.inside && existsSync(own) ? own : '/etc/passwd';
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.some((line) => line.startsWith(`${user.name}:`));
}

export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
