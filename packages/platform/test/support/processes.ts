/** Processes of this machine. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { Argv } from '@kleenet/core';

/** The process id in a file. */
export function pidIn(path: string): number {
  return Number(readFileSync(path, 'utf8'));
}

/** Whether a process has ended, though nothing may have asked for its status yet. */
export function isGone(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return !existsSync(status) || /^State:\s+Z/m.test(readFileSync(status, 'utf8'));
}

interface Foreground {
  readonly pid: number;
  readonly ended: Promise<{ readonly status: number | null; readonly output: string }>;
}

/** Starts a command that gets the line `typed`, as a terminal would: in a process group of its own. */
export function inForeground(
  [program, ...words]: Argv,
  env: Readonly<Record<string, string>>,
): Foreground {
  const child = spawn(program, words, { env, detached: true });
  child.stdin.on('error', () => {});
  child.stdin.end('typed\n');
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended: Foreground['ended'] = new Promise((resolve) => {
    child.once('close', (status) => resolve({ status, output }));
  });
  return { pid: child.pid ?? 0, ended };
}

/** Lets a parent start a command and die. */
export async function orphaned(argv: Argv, env: Readonly<Record<string, string>>): Promise<void> {
  const words = ['-c', '"$@" & sleep 0.2', 'sh', ...argv];
  const parent = spawn('/bin/sh', words, { env, stdio: 'ignore' });
  await new Promise((resolve) => parent.once('exit', resolve));
}
