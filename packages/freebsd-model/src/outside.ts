/** Programs outside the model, when nothing is executed: all succeed, and a few have output. */
import { startProcess } from './kernel/processes.ts';
import { DONE, printed } from './machine.ts';
import type { Answer, Machine } from './machine.ts';
import { runScript } from './scripts.ts';
import { baseName } from './tasks.ts';
import type { Task } from './tasks.ts';

export function answerOutside(machine: Machine, { argv, jail, detached }: Task): Answer {
  const { state } = machine;
  if (jail !== undefined && detached !== undefined) {
    startProcess(state, jail, argv.join(' '));
    return DONE;
  }
  const done = runScript(machine, argv);
  if (done !== undefined) return done;
  const [program = '', ...words] = argv;
  switch (baseName(program)) {
    case 'id':
      return printed('0\n');
    case 'cat':
      return printed(words.map((path) => state.files[path] ?? '').join(''));
    case 'ls':
      return printed('bin\n');
    case 'rm':
      for (const path of words) forget(state.files, path);
      return DONE;
    default:
      return DONE;
  }
}

function forget(files: Record<string, string>, path: string): void {
  for (const name of Object.keys(files)) {
    if (name === path || name.startsWith(`${path}/`)) delete files[name];
  }
}
