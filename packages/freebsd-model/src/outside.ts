/** Programs outside the model, when nothing is executed: all succeed, and a few have output. */
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
      return DONE;
  }
}

/** `INPUT COUNT WORD…` for each command, whose output, exit status and complaints end with a NUL each. */
function answerEach(machine: Machine, words: readonly string[]): Answer {
  const [input = '', count = '0', ...rest] = words;
  if (words.length === 0) return DONE;
  const argv = rest.slice(0, Number(count));
  const { status, stdout, stderr } = isMissing(machine, argv)
    ? failed(`sh: ${argv[0] ?? ''}: not found`, 127)
    : answerOnHost(machine, argv, `${input}\n`);
  const others = answerEach(machine, rest.slice(Number(count)));
  return printed(`${stdout}\0${status}\0${stderr.trimEnd()}\0${others.stdout}`);
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

function forget(files: Record<string, string>, path: string): void {
  for (const name of Object.keys(files)) {
    if (name === path || name.startsWith(`${path}/`)) delete files[name];
  }
}
