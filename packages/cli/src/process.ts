/** Hands the process to `main`: its words, streams, signals and terminal. */
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { main } from './main.ts';
import type { Process } from './main.ts';
import { createOutput } from './output.ts';
import { SIGNALS, Signals } from './signals.ts';

/** Runs the command line of this process, and ends it with the command's status. */
export async function runProcess(
  options: Partial<Pick<Process, 'system' | 'decorate' | 'whenOpened'>> = {},
): Promise<void> {
  hideSqliteWarning();
  const output = createOutput();
  const signals = new Signals((line) => output.note(line));
  for (const name of SIGNALS) process.on(name, () => signals.receive(name));
  const status = await main({
    words: process.argv.slice(2),
    environment: process.env,
    directory: () => process.cwd(),
    system: process.platform,
    pid: process.pid,
    uid: process.geteuid?.() ?? 0,
    user: readUser,
    output,
    signals,
    self: [
      process.execPath,
      ...process.execArgv,
      process.argv[1] ?? fileURLToPath(import.meta.url),
    ],
    ask,
    terminal: () => (process.stderr.isTTY ? process.stderr : undefined),
    ...options,
  });
  process.exit(status);
}

/** os.userInfo(3) throws for a user that the system has no entry for. */
function readUser(): string | undefined {
  try {
    return userInfo().username;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

/** Looking at the streams costs as much as a small command: it is done only when there is something to ask. */
async function ask(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return true;
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** Node's own SQLite is what klee is built on; that Node calls it experimental is nothing that a user could act on. */
function hideSqliteWarning(): void {
  const emit = process.emitWarning.bind(process);
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes('SQLite is an experimental feature')) return;
    Reflect.apply(emit, process, [warning, ...rest]);
  };
}
