/** The effective command of a command line, after env(1), jexec(8), daemon(8) and the like. */
import { findJail, isDying, notFound, settleJails } from './kernel/jails.ts';
import { failed } from './machine.ts';
import type { Answer, Machine } from './machine.ts';
import { PROGRAMS } from './programs/index.ts';
import type { Jail } from './state.ts';

/** A program outside the model, and how to start it. */
export interface Task {
  readonly argv: readonly string[];
  readonly input: string;
  /** The jail that it runs in; undefined for the host. */
  readonly jail: Jail | undefined;
  /** The user of jexec(8): a user of the host, or one of the jail (`inside`). */
  readonly user?: { readonly name: string; readonly inside: boolean };
  /** Variables that env(1) sets. */
  readonly variables: Readonly<Record<string, string>>;
  /** Whether it has no others. */
  readonly clean: boolean;
  /** For daemon(8): runs in the background. */
  readonly detached?: {
    readonly pidFile?: string;
    readonly output?: string;
    readonly silent: boolean;
    /** Whether daemon(8) itself runs in the jail. */
    readonly inside: boolean;
  };
}

/** Executes a program of the model, or returns a task to start. */
export function follow(machine: Machine, task: Task): Answer | Task {
  settleJails(machine);
  const name = baseName(task.argv[0] ?? '');
  const wrapper = WRAPPERS[name];
  if (wrapper !== undefined) {
    const next = wrapper(machine, task);
    return 'status' in next ? next : follow(machine, next);
  }
  const program = PROGRAMS[name];
  const { argv, input, jail } = task;
  const args = argv.slice(1);
  if (program === undefined || !isModelled(name, args)) return task;
  return program(machine, { args, input, jail });
}

/** The model knows the processes of jails only. */
function isModelled(name: string, args: readonly string[]): boolean {
  if (name === 'ps') return args.some((word) => word.startsWith('-J') || word === 'jid');
  return name !== 'pkill' || args.some((word) => word.startsWith('-j'));
}

const SYSTEM_PATHS = /^(\/usr)?\/s?bin\//;

/** The name of a system program, with or without its directory. */
export function baseName(program: string): string {
  return program.replace(SYSTEM_PATHS, '');
}

type Wrapper = (machine: Machine, task: Task) => Answer | Task;

const WRAPPERS: Readonly<Record<string, Wrapper>> = { env, jexec, daemon, script, chroot };

/** All programs that the model has. */
export const MODELLED: readonly string[] = [...Object.keys(PROGRAMS), ...Object.keys(WRAPPERS)];

/** Without a command it prints the environment, as printenv(1) does. */
function env(_machine: Machine, task: Task): Answer | Task {
  const variables: Record<string, string> = { ...task.variables };
  let { clean } = task;
  let position = 1;
  for (; position < task.argv.length; position += 1) {
    const word = task.argv[position] ?? '';
    const equals = word.indexOf('=');
    if (word === '-i' || word === '-') clean = true;
    else if (word === '--') continue;
    else if (equals > 0) variables[word.slice(0, equals)] = word.slice(equals + 1);
    else break;
  }
  const argv = task.argv.slice(position);
  return { ...task, argv: argv.length === 0 ? ['printenv'] : argv, variables, clean };
}

function jexec({ state }: Machine, task: Task): Answer | Task {
  const { options, words } = optionsOf(task.argv.slice(1), 'uU');
  const [name = '', ...command] = words;
  const jail = findJail(state, name);
  if (jail === undefined) return failed(`jexec: ${notFound(name)}`);
  if (jail.dying) return failed(`jexec: ${isDying(name)}`);
  const variables: Record<string, string> = options['l'] === undefined ? {} : LOGIN;
  const argv = command.length === 0 ? ['/bin/sh'] : command;
  if (state.bareRoots.includes(jail.path)) {
    return failed(`jexec: execvp: ${argv[0] ?? ''}: No such file or directory`);
  }
  const clean = task.clean || options['l'] !== undefined;
  const user = options['U'] ?? options['u'];
  const as = user === undefined ? {} : { user: { name: user, inside: options['u'] === undefined } };
  return { ...task, argv, jail, variables: { ...task.variables, ...variables }, clean, ...as };
}

/** The environment that option -l of jexec(8) keeps. */
const LOGIN = { SHELL: '/bin/sh', HOME: '/root', USER: 'root', PATH: '/bin:/usr/bin' };

function daemon(_machine: Machine, task: Task): Answer | Task {
  const { options, words } = optionsOf(task.argv.slice(1), 'pPotTumlsR');
  if (words.length === 0)
    return failed(
      'usage: daemon [-cfrS] [-p child_pidfile] [-P supervisor_pidfile] command arguments ...',
    );
  const { p: pidFile, o: output } = options;
  const detached = {
    silent: options['f'] !== undefined,
    inside: task.jail !== undefined,
    ...(pidFile === undefined ? {} : { pidFile }),
    ...(output === undefined ? {} : { output }),
  };
  return { ...task, argv: words, detached };
}

/** script(1) with a command gives it a terminal; here it only runs it. */
function script(_machine: Machine, task: Task): Answer | Task {
  const { words } = optionsOf(task.argv.slice(1), 'FtT');
  return { ...task, argv: words.slice(1) };
}

/** Changes the user only: the model has no root directories. */
function chroot(_machine: Machine, task: Task): Answer | Task {
  const { words } = optionsOf(task.argv.slice(1), 'ugG');
  return { ...task, argv: words.slice(1) };
}

/** Options as getopt(3) finds them: up to the first other word. */
function optionsOf(
  args: readonly string[],
  withValue: string,
): { readonly options: Readonly<Record<string, string>>; readonly words: readonly string[] } {
  const options: Record<string, string> = {};
  let position = 0;
  for (; /^-./.test(args[position] ?? ''); position += 1) {
    const word = args[position] ?? '';
    if (word === '--') return { options, words: args.slice(position + 1) };
    for (let at = 1; at < word.length; at += 1) {
      const letter = word[at] ?? '';
      if (!withValue.includes(letter)) options[letter] = '';
      else {
        options[letter] = word.slice(at + 1) || (args[(position += 1)] ?? '');
        break;
      }
    }
  }
  return { options, words: args.slice(position) };
}
