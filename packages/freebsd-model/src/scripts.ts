/**
 * klee's own shell scripts when nothing is executed. Each has a name; the effects of some on the model's state are
 * implemented here, and the others, which make files, just succeed. A detached command runs until it gets a signal, one
 * in the foreground ends immediately with status 0.
 */
import { findJail } from './kernel/jails.ts';
import { signalProcesses, startProcess } from './kernel/processes.ts';
import { DONE, printed } from './machine.ts';
import type { Answer, Machine } from './machine.ts';
import { mount } from './programs/mount.ts';

type Script = (machine: Machine, words: readonly string[]) => Answer;

const SCRIPTS: Readonly<Record<string, Script>> = {
  'klee-launch': launch,
  'klee-supervise': supervise,
  'klee-end': end,
  'klee-status': status,
  'klee-over': over,
  'klee-host-root': makeHostRoot,
  'klee-mount': mountInside,
  'klee-mount-devfs': mountInside,
  'klee-mounts': mountTable,
  'klee-look': look,
  'klee-kind': (_machine, [path = '']) =>
    printed(/\.t[a-z]+$/.test(path) ? 'file\n' : 'directory\n'),
  'klee-layers': () => DONE,
  'klee-layers-of-directory': () => DONE,
  'klee-owner': ({ state }, [file = '']) => printed(state.files[file] ?? ''),
  'klee-own': own,
  'klee-disown': disown,
};

/** Executes a script; undefined for any other command. */
export function runScript(machine: Machine, argv: readonly string[]): Answer | undefined {
  const [shell, option, , name = '', ...words] = argv;
  if (shell !== 'sh' || option !== '-c') return undefined;
  const [plain = ''] = name.split(' ');
  return SCRIPTS[plain]?.(machine, words);
}

/** `MARK DIRECTORY SEEN`. */
function own(
  { state }: Machine,
  [file = '', directory = '', seen = '']: readonly string[],
): Answer {
  const found = state.files[file] ?? '';
  if (found !== directory && found !== seen) return printed(found);
  state.files[file] = directory;
  return DONE;
}

/** `MARK DIRECTORY`. */
function disown({ state }: Machine, [file = '', directory = '']: readonly string[]): Answer {
  if (state.files[file] === directory) delete state.files[file];
  return DONE;
}

/** `RUN STATUS JAIL`, and the command line of the supervisor. */
function launch({ state }: Machine, words: readonly string[]): Answer {
  const [, statusFile = '', name = '', ...supervisor] = words;
  const jail = findJail(state, name);
  if (jail === undefined || jail.dying) return { ...DONE, status: 1 };
  startProcess(state, jail, commandOf(supervisor, name), { statusFile });
  return DONE;
}

/** The command of jexec(8): the words after the name of the jail, up to the environment. */
function commandOf(words: readonly string[], jail: string): string {
  const at = words.lastIndexOf(jail);
  return words
    .slice(at + 1)
    .filter((word) => !/^\w+=/.test(word))
    .join(' ');
}

/** `SCRIPT MODE RUN STATUS …`, in the foreground. */
function supervise({ state }: Machine, words: readonly string[]): Answer {
  const [, , , statusFile = ''] = words;
  state.files[statusFile] = '0\n';
  return DONE;
}

/** `DIRECTORY`. A run is over once its status is recorded, because no modelled command leaves others behind. */
function over({ state }: Machine, [directory = '']: readonly string[]): Answer {
  const ends = Object.keys(state.files)
    .filter((path) => path.startsWith(`${directory}/`) && path.endsWith('.status'))
    .map((path) => path.slice(directory.length + 1, -'.status'.length));
  return printed(ends.map((line) => `${line}\n`).join(''));
}

/** `RUN STATUS JAIL SIGNAL GRACE`. */
function end(machine: Machine, words: readonly string[]): Answer {
  const [, , name = '', signal = ''] = words;
  const { state } = machine;
  const jail = findJail(state, name);
  const inside = state.processes.filter(({ jid }) => jid === jail?.jid);
  for (const sent of signal === '' ? ['KILL'] : [signal, 'KILL']) {
    const left = inside.filter((one) => state.processes.includes(one));
    signalProcesses(machine, left, sent);
  }
  return DONE;
}

/** `RUN STATUS JAIL`. */
function status({ state }: Machine, words: readonly string[]): Answer {
  const text = state.files[words[1] ?? ''];
  return text === undefined ? { ...DONE, status: 1 } : printed(text);
}

/** `ROOT PROGRAMS CONFIGURATION`, then `SOURCE TARGET` for each mount. */
function makeHostRoot(machine: Machine, [, , , ...pairs]: readonly string[]): Answer {
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const args = ['-t', 'nullfs', '-o', 'ro', ...pairs.slice(at, at + 2)];
    const answer = mount(machine, { args, input: '', jail: undefined });
    if (answer.status !== 0) return answer;
  }
  return DONE;
}

/** `SOURCE ROOT PATH`, and the command line of mount(8). */
function mountInside(machine: Machine, words: readonly string[]): Answer {
  return mount(machine, { args: words.slice(4), input: '', jail: undefined });
}

function mountTable(machine: Machine, [directory = '']: readonly string[]): Answer {
  const { stdout } = mount(machine, { args: ['-v'], input: '', jail: undefined });
  return printed(`${directory}\n${stdout}`);
}

/** The programs of a host. */
const DIRECTORIES: ReadonlySet<string> = new Set([
  'bin',
  'sbin',
  'lib',
  'libexec',
  'rescue',
  'usr',
]);

function look(_machine: Machine, words: readonly string[]): Answer {
  return printed(words.flatMap((name) => (DIRECTORIES.has(name) ? [`${name}\n`] : [])).join(''));
}
