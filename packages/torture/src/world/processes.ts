/** Other programs, run to their end. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** How a program ended; without a status when it was killed. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of a host to its end. */
export type OnHost = (argv: readonly string[], input?: string) => Promise<Ended>;

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Kills it (SIGKILL) after this time, in milliseconds. */
  readonly after?: number;
  /** How many descriptors it has open from the start, besides the first three. */
  readonly taken?: number;
  /** Interrupts it (SIGINT) at this moment. */
  readonly interrupt?: Promise<unknown>;
}

/** How long anything may take, in milliseconds, before the walk says that it hangs. */
const LIMIT = 120_000;

/** In milliseconds: how long what it has printed may need to be read, once it has ended. */
const READING = 1_000;

export function run(
  argv: readonly string[],
  { environment, input, after = LIMIT, taken = 0, interrupt }: RunOptions = {},
): Promise<Ended> {
  const [program = '', ...words] = argv;
  const nothing = taken === 0 ? undefined : openSync('/dev/null', 'r');
  const child = spawn(program, words, {
    stdio: [
      input === undefined ? 'ignore' : 'pipe',
      'pipe',
      'pipe',
      ...Array.from({ length: taken }, () => nothing),
    ],
    ...(environment === undefined ? {} : { env: environment }),
  });
  if (nothing !== undefined) closeSync(nothing);
  if (input !== undefined) child.stdin?.end(input);
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (data) => (said.stdout += String(data)));
  child.stderr?.on('data', (data) => (said.stderr += String(data)));
  void interrupt?.then(() => child.kill('SIGINT'));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), after);
    child.once('error', reject);
    child.once('exit', (status) => {
      clearTimeout(timer);
      const done = (): void => resolve({ status, ...said });
      child.once('close', done);
      // What it started may hold the pipes for much longer.
      setTimeout(done, READING);
    });
  });
}

/** Runs a program that must succeed, and gives what it prints. */
export async function sure(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await run(argv, options);
  if (status !== 0) throw new Error(`${argv.join(' ')} exited ${status}: ${stderr}`);
  return stdout;
}
