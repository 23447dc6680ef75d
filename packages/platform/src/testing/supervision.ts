/**
 * What becomes of the scripts that stand between klee and the commands of jails, where nothing is run: a command that
 * is started detached goes on until it gets a signal, one in the foreground ends at once with status 0.
 */
import { endArgv, launchArgv, statusArgv, superviseArgv } from '../freebsd/supervisor.ts';
import { startProcess, signalProcesses } from './kernel/processes.ts';
import { findJail } from './kernel/jails.ts';
import { DONE, printed } from './machine.ts';
import type { Answer, Machine } from './machine.ts';

const PATHS = { directory: '', status: '' };
const ENTRY = { words: [], env: [] };
const RUN = { paths: PATHS, jail: '', log: '', terminal: false, entry: ENTRY, reap: [] };

/** What each script does, by its text. */
const SCRIPTS: ReadonlyMap<string, (machine: Machine, words: readonly string[]) => Answer> =
  new Map([
    [textOf(launchArgv(RUN)), launch],
    [textOf(superviseArgv({ ...RUN, mode: 'foreground' })), supervise],
    [textOf(endArgv({ paths: PATHS, jail: '', grace: 0 })), end],
    [textOf(statusArgv(PATHS, '')), status],
  ]);

function textOf([, , text = '']: readonly string[]): string {
  return text;
}

/** Carries out a script of the supervisor's; undefined for any other command. */
export function supervision(machine: Machine, argv: readonly string[]): Answer | undefined {
  if (argv[0] !== 'sh' || argv[1] !== '-c') return undefined;
  return SCRIPTS.get(argv[2] ?? '')?.(machine, argv.slice(4));
}

/** `RUN STATUS JAIL` and the supervisor, whose words begin at the eighth. */
function launch({ state }: Machine, words: readonly string[]): Answer {
  const [, statusFile = '', name = ''] = words;
  const jail = findJail(state, name);
  if (jail === undefined || jail.dying) return { ...DONE, status: 1 };
  startProcess(state, jail, commandOf(words.slice(7), name), { statusFile });
  return DONE;
}

/** The command that jexec(8) is to run: what follows the name of the jail, up to the environment. */
function commandOf(words: readonly string[], jail: string): string {
  const at = words.lastIndexOf(jail);
  return words
    .slice(at + 1)
    .filter((word) => !/^\w+=/.test(word))
    .join(' ');
}

function supervise({ state }: Machine, words: readonly string[]): Answer {
  const [, , statusFile = ''] = words;
  state.files[statusFile] = '0\n';
  return DONE;
}

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

function status({ state }: Machine, words: readonly string[]): Answer {
  const text = state.files[words[1] ?? ''];
  return text === undefined ? { ...DONE, status: 1 } : printed(text);
}
