/** One klee command, from its words to its exit status. */
import type { WriteStream } from 'node:tty';
import type { CallerTerminal } from '@kleenet/core';
import type { Command } from './command-line/definition.ts';
import { DONE, MISUSED, statusOfError } from './command-line/exit-status.ts';
import { parseCommandLine } from './command-line/parse.ts';
import { route } from './command-line/route.ts';
import type { Route } from './command-line/route.ts';
import { TREE, loadCommand } from './commands/index.ts';
import { execute, knownDrivers } from './execute.ts';
import type { Decorate } from './host/open.ts';
import type { Environment } from './host/settings.ts';
import type { PluginHost } from './plugins/load.ts';
import type { Output } from './output.ts';
import { showError } from './show-error.ts';
import type { ErrorStyle } from './show-error.ts';
import type { Signals } from './signals.ts';

/** What a command gets from its process. */
export interface Process {
  readonly words: readonly string[];
  readonly environment: Environment;
  /** The operating system, as Node names it. */
  readonly system: string;
  readonly pid: number;
  readonly uid: number;
  /** The name of the user, where the system knows one. */
  readonly user: () => string | undefined;
  readonly output: Output;
  readonly signals: Signals;
  /** The words that start this program again. */
  readonly self: readonly [string, ...string[]];
  /** Where relative paths begin. */
  readonly directory: () => string;
  /** What plugins need of the process; without it there are only those that klee comes with. */
  readonly pluginHost?: PluginHost;
  /** Asks a question on the terminal; undefined where there is none. */
  readonly ask: (question: string) => Promise<boolean | undefined>;
  /** The terminal among the standard streams. */
  readonly callerTerminal?: () => Promise<CallerTerminal | undefined>;
  /** Standard error, if it is a terminal. */
  readonly terminal?: () => WriteStream | undefined;
  readonly decorate?: Decorate;
  /** Called at the end of a command that has used the engine. */
  readonly whenOpened?: () => void;
}

type CommandRoute = Extract<Route, { kind: 'command' }>;

/** Runs a command line and shows what goes wrong. Resolves with the exit status. */
export async function main(process: Process): Promise<number> {
  const style = guessStyle(process.words);
  let target: Route;
  try {
    target = route(TREE, process.words);
    if (target.kind !== 'command') return await describe(process, target);
  } catch (error) {
    showError(process.output, error, style);
    return statusOfError(error, false);
  }
  const command = await loadCommand(target.path);
  try {
    return await runCommand(process, command, target);
  } catch (error) {
    showError(process.output, error, style);
    return statusOfError(error, command.passesStatus === true, process.signals.interruptedBy);
  }
}

async function runCommand(
  process: Process,
  command: Command,
  { called, words }: CommandRoute,
): Promise<number> {
  const invocation = parseCommandLine(command, words);
  if (invocation.globals.version === true) return await describe(process, { kind: 'version' });
  if (invocation.globals.help === true) {
    const { commandHelp } = await import('./help.ts');
    const drivers = takesDriver(command) ? await knownDrivers(process, invocation.globals) : [];
    process.output.print(await commandHelp(called, command, drivers));
    return DONE;
  }
  return await execute(process, command, called, invocation);
}

function takesDriver({ options }: Command): boolean {
  return Object.values(options).some(
    (option) => option.type === 'text' && option.completes === 'driver',
  );
}

/** How errors are shown, also those of a command line that cannot be parsed. */
function guessStyle(words: readonly string[]): ErrorStyle {
  const json = words.some(
    (word, index) =>
      word === '--format=json' || (word === '--format' && words[index + 1] === 'json'),
  );
  return { json, debug: words.includes('--debug') };
}

/** Help that was asked for is a result; help in place of a missing command is not. */
async function describe(process: Process, target: Exclude<Route, CommandRoute>): Promise<number> {
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
