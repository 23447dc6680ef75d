/** The model of a FreeBSD host as a program: `STATE PROGRAM ARGUMENT…`. See `carry` in the directory of its stand-ins. */
import { readFileSync, writeSync } from 'node:fs';
import { runProgram } from '../../src/program/program.ts';
import type { ProgramRequest } from '../../src/program/program.ts';
import { shimsOf } from '../../src/program/shims.ts';
import { withHost } from '../../src/program/state-file.ts';

const [statePath = '', ...argv] = process.argv.slice(2);

/** What the caller is to become is read from here. */
const PLAN = 8;

const request: ProgramRequest = {
  statePath,
  pid: 'self',
  argv,
  input: () => readFileSync(0, 'utf8'),
  environment: startedWith(process.ppid),
  shims: shimsOf(statePath),
};

void withHost({ path: statePath, kill }, (machine) => runProgram(machine, request)).then(
  ({ status, stdout, stderr, plan }) => {
    if (stdout !== '') writeSync(1, stdout);
    if (stderr !== '') writeSync(2, stderr);
    if (plan !== '') writeSync(PLAN, plan);
    process.exitCode = status;
  },
);

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A shell adds variables of its own, but not here. See proc(5). */
function startedWith(pid: number): Readonly<Record<string, string>> {
  const settings = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return Object.fromEntries(
    settings
      .filter((setting) => setting.includes('='))
      .map((setting) => {
        const equals = setting.indexOf('=');
        return [setting.slice(0, equals), setting.slice(equals + 1)];
      }),
  );
}
