/** Programs by node:child_process. */
import { spawn } from 'node:child_process';
import type { IOType } from 'node:child_process';
import { programEnd } from './program.ts';
import type { Output, Program, ProgramRequest } from './program.ts';

export function startWithNode(request: ProgramRequest): Program {
  const { argv, environment, stdin, stdout, stderr, further } = request;
  const input = typeof stdin === 'object' ? 'pipe' : stdin;
  const child = spawn(argv[0] ?? '', argv.slice(1), {
    detached: true,
    env: environment,
    stdio: [input, pipeOf(stdout), pipeOf(stderr), ...further],
  });
  if (typeof stdout === 'function') child.stdout?.on('data', stdout);
  if (typeof stderr === 'function') child.stderr?.on('data', stderr);
  if (typeof stdin === 'object') {
    child.stdin?.on('error', () => {});
    child.stdin?.end(stdin.text);
  }
  return {
    pid: child.pid,
    exited: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (status, signal) => resolve(programEnd(status, signal)));
    }),
    closed: new Promise((resolve) => {
      child.once('close', () => resolve());
    }),
  };
}

function pipeOf(output: Output): IOType {
  return typeof output === 'function' ? 'pipe' : output;
}
