/** Runs programs for tasks. */
import { spawn, spawnSync } from 'node:child_process';

export interface Command {
  readonly argv: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly input?: string;
}

const LARGEST_OUTPUT = 64 * 1024 * 1024;

/** Runs a command that must succeed, and gives what it prints. */
export function output({ argv, environment, input = '' }: Command): string {
  const [program = '', ...words] = argv;
  const { status, signal, stdout, stderr, error } = spawnSync(program, words, {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    input,
    maxBuffer: LARGEST_OUTPUT,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(complaint(argv, status ?? signal, `${stderr}${stdout}`));
  return stdout.trim();
}

/** Runs a command that must succeed, without waiting here. */
export function started({ argv, environment, input = '' }: Command): Promise<string> {
  const [program = '', ...words] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env: { ...process.env, ...environment } });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.once('error', reject);
    child.once('close', (status, signal) => {
      if (status === 0) resolve(stdout.trim());
      else reject(new Error(complaint(argv, status ?? signal, `${stderr}${stdout}`)));
    });
    child.stdin.end(input);
  });
}

function complaint(argv: readonly string[], end: unknown, said: string): string {
  return `${argv.join(' ').slice(0, 300)} ended with ${String(end)}: ${said.trim().slice(-1000)}`;
}

/** How long the command takes, in milliseconds. */
export function wallTime(command: Command): number {
  const start = process.hrtime.bigint();
  output(command);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** Programs of this host, by their words. */
export function host(...argv: readonly string[]): string {
  return output({ argv });
}

/** A program of this host in another network namespace. */
export function inside(namespace: string, ...argv: readonly string[]): Command {
  return { argv: ['nsenter', `--net=${namespace}`, ...argv] };
}

/** Runs several at a time that must all succeed, so many that the processors have work. */
export async function startedAll(commands: readonly Command[], together = 4): Promise<void> {
  const waiting = [...commands];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await started(next);
  };
  await Promise.all(Array.from({ length: together }, work));
}
