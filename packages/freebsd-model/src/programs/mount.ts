/** Mounts, which are only recorded: mount(8) and umount(8). */
import { Errno } from '../errno.ts';
import { addMount, removeMount } from '../kernel/mounts.ts';
import { DONE, failed, printed } from '../machine.ts';
import type { Answer, Call, Machine } from '../machine.ts';
import { isLater } from '../releases.ts';
import type { HostState, Mount } from '../state.ts';

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
      flags.has('p') ? tableLine(one) : textLine(one, flags.has('v') ? details(state, one) : []);
    return printed(shown.map(lineOf).join(''));
  }
  if (target === undefined) return failed(`mount: ${source}: unknown special file or file system`);
  if (!machine.exists(target)) return failed(`mount: ${target}: No such file or directory`);
  if (type === 'nullfs' && !machine.exists(source))
    return failed(`mount_nullfs: ${source}: No such file or directory`, 64);
  if (!loadFileSystem(state, type))
    return failed(`mount_${type}: Invalid fstype: Invalid argument`);
  addMount(state, { source, target, type, options });
  return DONE;
}

/** The kernel loads the module of a file system that is mounted, if the host has it. */
function loadFileSystem({ modules, missing }: HostState, type: string): boolean {
  if (type !== 'nullfs' && type !== 'tmpfs') return true;
  if (modules.includes(type)) return true;
  if (missing.includes(`${type}.ko`)) return false;
  modules.push(type);
  return true;
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}

/** Option -v. The number of open files is unknown here. */
function details({ release }: HostState, { fsid }: Mount): readonly string[] {
  return [`fsid ${fsid}`, ...(isLater(release) ? ['vnodes: count 1 '] : [])];
}

function textLine({ source, target, type, options }: Mount, more: readonly string[]): string {
  const marks = [...(LOCAL.has(type) ? ['local'] : []), ...options];
  const shown = SHOWN.filter(([option]) => marks.includes(option)).map(([, name]) => name);
  return `${source} on ${target} (${[type, ...shown, ...more].join(', ')})\n`;
}

function tableLine({ source, target, type, options }: Mount): string {
  const mode = options.includes('ro') ? 'ro' : 'rw';
  return `${source}\t${target}\t${type}\t${mode}\t0 0\n`;
}

/** Tries each name, even after a failure. */
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
