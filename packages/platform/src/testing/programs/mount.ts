/** Mounts, which are only recorded: mount(8) and umount(8). */
import { Errno } from '../errno.ts';
import { addMount, removeMount } from '../kernel/mounts.ts';
import { DONE, failed, printed } from '../machine.ts';
import type { Answer, Call, Machine } from '../machine.ts';
import type { Mount } from '../state.ts';

/** In the order in which mount(8) shows what file systems are. */
const SHOWN = [
  ['local', 'local'],
  ['noexec', 'noexec'],
  ['nosuid', 'nosuid'],
  ['ro', 'read-only'],
] as const;

/** A mount of these is on a local disk, or in memory. */
const LOCAL: ReadonlySet<string> = new Set(['ufs', 'nullfs', 'tmpfs']);

interface Options {
  readonly type: string;
  readonly options: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly words: readonly string[];
}

function parseOptions(args: readonly string[]): Options {
  const flags = new Set<string>();
  const options: string[] = [];
  let type = 'ufs';
  let position = 0;
  for (; /^-./.test(args[position] ?? ''); position += 1) {
    const word = args[position] ?? '';
    if (word === '-t') type = args[(position += 1)] ?? '';
    else if (word === '-o') options.push(...(args[(position += 1)] ?? '').split(','));
    else for (const letter of word.slice(1)) flags.add(letter);
  }
  if (flags.has('r')) options.push('ro');
  return { type, options, flags, words: args.slice(position) };
}

export function mount(machine: Machine, { args, jail }: Call): Answer {
  const { type, options, flags, words } = parseOptions(args);
  const { state } = machine;
  const [source, target] = words.map(withoutSlash);
  if (source === undefined) {
    const shown = jail === undefined ? state.mounts : [];
    const lineOf = (one: Mount): string =>
      flags.has('p') ? tableLine(one) : textLine(one, flags.has('v'));
    return printed(shown.map(lineOf).join(''));
  }
  if (target === undefined) return failed(`mount: ${source}: unknown special file or file system`);
  const absent = [...(type === 'nullfs' ? [source] : []), target].find(
    (path) => !machine.exists(path),
  );
  if (absent !== undefined)
    return failed(
      `${programOf(type)}: ${absent}: No such file or directory`,
      type === 'nullfs' ? 64 : 1,
    );
  addMount(state, { source, target, type, options });
  return DONE;
}

/** The program that mount(8) leaves a type to; the others it mounts itself. */
function programOf(type: string): string {
  return type === 'nullfs' ? 'mount_nullfs' : `mount: ${type}`;
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}

function textLine({ source, target, type, options, fsid }: Mount, verbose: boolean): string {
  const marks = [...(LOCAL.has(type) ? ['local'] : []), ...options];
  const shown = SHOWN.filter(([option]) => marks.includes(option)).map(([, name]) => name);
  return `${source} on ${target} (${[type, ...shown, ...(verbose ? [`fsid ${fsid}`] : [])].join(', ')})\n`;
}

function tableLine({ source, target, type, options }: Mount): string {
  const mode = options.includes('ro') ? 'ro' : 'rw';
  return `${source}\t${target}\t${type}\t${mode}\t0 0\n`;
}

/** Each name is tried, though another one fails. */
export function umount({ state }: Machine, { args }: Call): Answer {
  const { words, flags } = parseOptions(args);
  const refusals = words.map(withoutSlash).flatMap((name) => {
    try {
      removeMount(state, name, flags.has('f'));
      return [];
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      if (error.code === 'EINVAL') return [`umount: ${name}: not a file system root directory`];
      return [`umount: unmount of ${name} failed: ${error.message}`];
    }
  });
  return refusals.length === 0 ? DONE : failed(refusals.join('\n'));
}
