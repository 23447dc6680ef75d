/** One klee command, from its words to its exit status. */
import { DONE, FAILED, MISUSED, statusOfError, statusOfSignal } from './command-line/exit-status.ts';
import { parseCommandLine } from './command-line/parse.ts';
import type { Invocation } from './command-line/parse.ts';
import { route } from './command-line/route.ts';
import type { Route } from './command-line/route.ts';
import { TREE, loadCommand } from './commands/index.ts';
import type { Context, OpenEngine } from './context.ts';
import type { Decorate } from './host/open.ts';
import { readSettings } from './host/settings.ts';
import type { Environment } from './host/settings.ts';
import { ReaderGone } from './output.ts';
import type { Output } from './output.ts';
import { showError } from './show-error.ts';
import type { Signals } from './signals.ts';

/** What a command gets from its process. */
export interface Process {
  readonly words: readonly string[];
  readonly environment: Environment;
  readonly directory: string;
  /** The operating system, as Node names it. */
  readonly system: string;
  readonly pid: number;
  readonly uid: number;
  readonly output: Output;
  readonly signals: Signals;
  /** The words that start this program again. */
  readonly self: readonly [string, ...string[]];
  /** Asks a question on the terminal; undefined where there is none. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  readonly decorate?: Decorate;
}

/** Runs a command line and shows what goes wrong. Resolves with the exit status. */
export async function main(process: Process): Promise<number> {
  const style = { json: wantsJson(process.words), debug: process.words.includes('--debug') };
  let passesStatus = false;
  try {
    const target = route(TREE, process.words);
    if (target.kind !== 'command') return await describe(process, target);
    const command = await loadCommand(target.path);
    passesStatus = command.passesStatus === true;
    const invocation = parseCommandLine(command, target.words);
    if (invocation.globals.version === true) return await describe(process, { kind: 'version' });
    if (invocation.globals.help === true) {
      const { commandHelp } = await import('./help.ts');
      process.output.print(await commandHelp(target.called, command));
      return DONE;
    }
    return await execute(process, invocation, (context) => command.run(context, invocation.args, invocation.options));
  } catch (error) {
    if (error instanceof ReaderGone) return DONE;
    showError(process.output, error, style);
    return statusOfError(error, passesStatus, process.signals.interruptedBy);
  }
}

/** Before anything is parsed, so that what is wrong with the command line is told in the right form, too. */
function wantsJson(words: readonly string[]): boolean {
  return words.some((word, index) => word === '--format=json' || (word === '--format' && words[index + 1] === 'json'));
}

async function describe(process: Process, target: Exclude<Route, { kind: 'command' }>): Promise<number> {
  if (target.kind === 'version') {
    const { readVersion } = await import('./version.ts');
    process.output.print(readVersion());
    return DONE;
  }
  const { groupHelp } = await import('./help.ts');
  const text = await groupHelp(target.path);
  if (target.asked) process.output.print(text);
  else process.output.note(text);
  return target.asked ? DONE : MISUSED;
}

async function execute(
  process: Process,
  { globals }: Invocation,
  run: (context: Context) => Promise<number | void>,
): Promise<number> {
  const { output, signals, environment } = process;
  const style = { json: globals.format === 'json', debug: globals.debug === true };
  const dryRun = globals.dryRun === true;
  let opened: Promise<OpenEngine & { close(): void }> | undefined;
  const open = async (): Promise<OpenEngine & { close(): void }> => {
    const [{ openEngine }, settings] = await Promise.all([
      import('./host/open.ts'),
      readSettings(globals, environment, process.system),
    ]);
    return openEngine({
      ...process,
      settings,
      dryRun,
      signal: signals.signal,
      logger: {
        debug: (message) => (globals.debug === true ? output.note(`+ ${message}`) : undefined),
        warn: (message) => output.note(`warning: ${message}`),
      },
      show: (line) => output.print(line),
      purpose: ['klee', ...process.words].join(' '),
    });
  };
  const context: Context = {
    globals,
    output,
    directory: process.directory,
    open: () => (opened ??= open()),
    created: (id) => (dryRun ? undefined : output.print(id)),
    report: (error) => showError(output, error, style),
    forwardSignals: (receiver) => signals.forward(receiver),
    confirm: async (question) => process.ask?.(question) ?? true,
  };
  try {
    const status = (await run(context)) ?? DONE;
    return signals.interruptedBy !== undefined && status === FAILED ? statusOfSignal(signals.interruptedBy) : status;
  } finally {
    (await opened)?.close();
  }
}
