/** Gives a command what it works with, and puts it away afterwards. */
import type { Command } from './command-line/definition.ts';
import { DONE, FAILED, statusOfSignal } from './command-line/exit-status.ts';
import type { Invocation } from './command-line/parse.ts';
import type { Context } from './context.ts';
import { SILENT } from './download/progress.ts';
import type { Progress } from './download/progress.ts';
import type { OpenHost } from './host/open.ts';
import type { Process } from './main.ts';
import { showError } from './show-error.ts';

/** Runs a command that was parsed. Resolves with its exit status. */
export async function execute(
  process: Process,
  command: Command,
  called: string,
  { globals, args, options }: Invocation,
): Promise<number> {
  const { output, signals } = process;
  const style = { json: globals.format === 'json', debug: globals.debug === true };
  const dryRun = globals.dryRun === true;
  let opened: Promise<OpenHost> | undefined;
  const context: Context = {
    globals,
    output,
    directory: process.directory,
    open: () => (opened ??= open(process, globals, purposeOf(called, command, args))),
    created: (id) => (dryRun ? undefined : output.print(id)),
    progress: () => showProgress(process, globals),
    report: (error) => showError(output, error, style),
    forwardSignals: (receiver) => signals.forward(receiver),
    confirm: async (question) => dryRun || process.ask(question),
  };
  try {
    const status = (await command.run(context, args, options)) ?? DONE;
    return signals.interruptedBy !== undefined && status === FAILED
      ? statusOfSignal(signals.interruptedBy)
      : status;
  } finally {
    const host = await opened;
    host?.close();
    if (host !== undefined) process.whenOpened?.();
  }
}

async function showProgress(
  { terminal }: Process,
  { quiet }: Invocation['globals'],
): Promise<Progress> {
  const stream = quiet === true ? undefined : terminal?.();
  if (stream === undefined) return SILENT;
  const { createProgress } = await import('./download/bar.ts');
  return createProgress(stream);
}

async function open(
  process: Process,
  globals: Invocation['globals'],
  purpose: string,
): Promise<OpenHost> {
  const { output, signals, environment, system } = process;
  const { openEngine } = await import('./host/open.ts');
  const { readSettings } = await import('./host/settings.ts');
  return openEngine({
    ...process,
    settings: await readSettings(globals, environment, system),
    dryRun: globals.dryRun === true,
    signal: signals.signal,
    logger: {
      debug: (message) => (globals.debug === true ? output.note(message) : undefined),
      warn: (message) => output.note(`warning: ${message}`),
    },
    show: (line) => output.print(line),
    verbose: globals.debug === true,
    purpose,
  });
}

/** Names what is worked on, and leaves out options and commands: they may hold secrets, and others see this. */
function purposeOf(
  called: string,
  { arguments: table }: Command,
  args: Invocation['args'],
): string {
  const objects = Object.entries(table).flatMap(([key, { count }]) =>
    count === 'command' ? [] : (args[key] ?? []),
  );
  return ['klee', called, ...objects].join(' ');
}
