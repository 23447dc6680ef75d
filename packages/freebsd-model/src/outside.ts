/**
 * Programs outside the model, when nothing is executed: those that the host has succeed, and a few have output. What a jail
 * runs is its own.
 */
import { startProcess } from './kernel/processes.ts';
import { DONE, failed, printed } from './machine.ts';
import type { Answer, Machine } from './machine.ts';
import { runScript } from './scripts.ts';
import { baseName, follow } from './tasks.ts';
import type { Task } from './tasks.ts';

function answerOutside(machine: Machine, { argv, input, jail, detached }: Task): Answer {
  const { state } = machine;
  if (jail !== undefined && detached !== undefined) {
    startProcess(state, jail, argv.join(' '));
    return DONE;
  }
  const [, , , script = '', ...said] = argv;
  if (script === 'klee-each') return answerEach(machine, said);
  const done = runScript(machine, argv);
  if (done !== undefined) return done;
  const [program = '', ...words] = argv;
  switch (baseName(program)) {
    case 'id':
      return printed('0\n');
    case 'cat':
      return printed(words.map((path) => state.files[path] ?? '').join(''));
    case 'timeout':
      return answerOnHost(machine, words.slice(1), input);
    case 'ls':
      return printed('bin\n');
    case 'rm':
      for (const path of words) forget(state.files, path);
      return DONE;
    default:
      return jail === undefined && !isThere(program) ? unknown(program) : DONE;
  }
}

/** `INPUT COUNT WORD…` for each command, whose output, exit status and complaints end with a NUL each. */
function answerEach(machine: Machine, words: readonly string[]): Answer {
  const [input = '', count = '0', ...rest] = words;
  if (words.length === 0) return DONE;
  const argv = rest.slice(0, Number(count));
  const { status, stdout, stderr } = answerInShell(machine, argv, `${input}\n`);
  const others = answerEach(machine, rest.slice(Number(count)));
  return printed(`${stdout}\0${status}\0${stderr.trimEnd()}\0${others.stdout}`);
}

function answerInShell(machine: Machine, argv: readonly string[], input: string): Answer {
  const lacked = isMissing(machine, argv) ? argv[0] : undefined;
  const answer = lacked === undefined ? answerOnHost(machine, argv, input) : unknown(lacked);
  const program = lackingProgram(answer);
  return program === undefined ? answer : failed(`sh: ${program}: not found`, MISSING);
}

function isMissing({ state }: Machine, [program = '']: readonly string[]): boolean {
  return state.missing.includes(baseName(program));
}

/** A command line of the host, when nothing is executed. */
export function answerOnHost(machine: Machine, argv: readonly string[], input: string): Answer {
  const task = { argv, input, jail: undefined, variables: {}, clean: false };
  const answer = follow(machine, task);
  return 'status' in answer ? answer : answerOutside(machine, answer);
}

/** Programs of FreeBSD's base system that need no answer here. */
const PRESENT: ReadonlySet<string> = new Set(
  (
    'cap_mkdb chflags chmod chown cp date dd df du env false find fsck grep gzip head hostname install kill ln logger ' +
    'mkdir mkfifo mktemp mv newfs nice pgrep printf pwd readlink realpath rmdir sed service sh sleep sort stat sync ' +
    'sysrc tail tar tee test touch true truncate uname uniq wc which xargs xz zfs'
  ).split(' '),
);

/** By its name in a search path; a path is one of a test's own. */
function isThere(program: string): boolean {
  const name = baseName(program);
  return PRESENT.has(name) || name.includes('/');
}

/** As of env(1), which starts it: a command that is run directly has no other status of its own for that. */
function unknown(program: string): Answer {
  return { status: MISSING, stdout: '', stderr: `env: ${program}: No such file or directory\n` };
}

const MISSING = 127;

/** The program that the host lacks, by this answer. */
export function lackingProgram({ status, stderr }: Answer): string | undefined {
  return status === MISSING ? /^env: (.*): No such file or directory/.exec(stderr)?.[1] : undefined;
}

function forget(files: Record<string, string>, path: string): void {
  for (const name of Object.keys(files)) {
    if (name === path || name.startsWith(`${path}/`)) delete files[name];
  }
}
