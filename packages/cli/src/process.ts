/** Connects the process to `main`: its words, streams, signals and terminal. */
import { homedir, userInfo } from 'node:os';
import { DONE, FAILED } from './command-line/exit-status.ts';
import { contain } from './containment.ts';
import { main } from './main.ts';
import type { CallingProcess } from './calling-process.ts';
import { createOutput } from './output.ts';
import type { PluginEnvironment } from '@kleenet/host/plugins';
import { SIGNALS, Signals } from './signals.ts';

/** Parts of the started file only; without it only klee's own plugins are available. */
export interface Entry {
  /** `import()` as Node.js has it: the bundle's own is `require`. */
  readonly importModule: (url: string) => Promise<unknown>;
  /** The folder with the copy of core that plugins get, as a package. */
  readonly contract: string;
}

/** Runs the command line of this process, and ends it with the command's status. */
export async function runProcess(
  options: Partial<Pick<CallingProcess, 'system' | 'self' | 'decorate' | 'whenDone'>> & {
    readonly entry?: Entry;
  } = {},
): Promise<void> {
  const { entry, ...parts } = options;
  const exit = process.exit.bind(process);
  hideSqliteWarning();
  const output = createOutput();
  const signals = new Signals((line) => output.note(line));
  for (const name of SIGNALS) process.on(name, () => signals.receive(name));
  process.on('SIGWINCH', () => signals.resize());
  // Node.js ends with status 0 when its event loop is empty, even with a pending await.
  process.exitCode = 1;
  const forsaken = (): void => output.note('error: klee ended before its work was done');
  process.once('exit', forsaken);
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
    self: [process.execPath, ...process.execArgv, process.argv[1] ?? import.meta.filename],
    ...(entry === undefined ? {} : { pluginHost: hostPlugins(entry, signals) }),
    ask: (question) => ask(question, signals),
    callerTerminal: async () => (await import('./caller-terminal.ts')).callerTerminal(),
    terminal: () => (process.stderr.isTTY ? process.stderr : undefined),
    ...parts,
  });
  process.off('exit', forsaken);
  exit(output.isIncomplete && status === DONE ? FAILED : status);
}

function hostPlugins({ importModule, contract }: Entry, signals: Signals): PluginEnvironment {
  return {
    contract,
    home: () => homedir(),
    importModule: (url, plugin) => {
      contain(plugin, signals);
      return importModule(url);
    },
  };
}

/** os.userInfo(3) throws for a user without an entry in the user database. */
function readUser(): string | undefined {
  try {
    return userInfo().username;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

/** Opening the streams costs as much as a small command, so it is done only for a question. */
async function ask(question: string, signals: Signals): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const { askOn } = await import('./question.ts');
  return askOn({ input: process.stdin, output: process.stderr }, question, signals);
}

/** klee is built on Node's own SQLite; a user cannot act on Node's warning that it is experimental. */
function hideSqliteWarning(): void {
  const emit = process.emitWarning.bind(process);
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes('SQLite is an experimental feature')) return;
    Reflect.apply(emit, process, [warning, ...rest]);
  };
}
