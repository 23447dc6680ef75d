/** One klee command, from its words to its exit status. */
import type { CallingProcess } from './calling-process.ts';
import type { Command } from './command-line/definition.ts';
import { DONE, MISUSED, statusOfError } from './command-line/exit-status.ts';
import { parseCommandLine } from './command-line/parse.ts';
import { route } from './command-line/route.ts';
import type { Route } from './command-line/route.ts';
import { TREE, loadCommand } from './commands/index.ts';
import { execute, knownDrivers } from './execute.ts';
import { showError } from './show-error.ts';
import type { ErrorStyle } from './show-error.ts';

type CommandRoute = Extract<Route, { kind: 'command' }>;

/** Runs a command line and prints errors. Resolves with the exit status. */
export async function main(caller: CallingProcess): Promise<number> {
  const style = guessStyle(caller.words);
  let target: Route;
  try {
    target = route(TREE, caller.words);
    if (target.kind !== 'command') return await describe(caller, target);
  } catch (error) {
    showError(caller.output, error, style);
    return statusOfError(error, false);
  }
  const command = await loadCommand(target.path);
  try {
    return await runCommand(caller, command, target);
  } catch (error) {
    showError(caller.output, error, style);
    return statusOfError(error, command.passesStatus === true, caller.signals.interruptedBy);
  }
}

async function runCommand(
  caller: CallingProcess,
  command: Command,
  { called, words }: CommandRoute,
): Promise<number> {
  const invocation = parseCommandLine(command, words);
  if (invocation.globals.version === true) return await describe(caller, { kind: 'version' });
  if (invocation.globals.help === true) {
    const { commandHelp } = await import('./help.ts');
    const drivers = takesDriver(command) ? await knownDrivers(caller, invocation.globals) : [];
    caller.output.print(await commandHelp(called, command, drivers));
    caller.whenDone?.();
    return DONE;
  }
  return await execute(caller, command, called, invocation);
}

function takesDriver({ options }: Command): boolean {
  return Object.values(options).some(
    (option) => option.type === 'text' && option.completes === 'driver',
  );
}

/** How errors are shown, including those of a command line that cannot be parsed. */
function guessStyle(words: readonly string[]): ErrorStyle {
  const json = words.some(
    (word, index) =>
      word === '--format=json' || (word === '--format' && words[index + 1] === 'json'),
  );
  return { json, debug: words.includes('--debug') };
}

/** Requested help is a result; help in place of a missing command is not. */
async function describe(
  caller: CallingProcess,
  target: Exclude<Route, CommandRoute>,
): Promise<number> {
  if (target.kind === 'version') {
    const { readVersion } = await import('./package-files.ts');
    caller.output.print(readVersion());
    return DONE;
  }
  const { groupHelp } = await import('./help.ts');
  const text = await groupHelp(target.path);
  if (target.asked) caller.output.print(text);
  else caller.output.note(text);
  caller.whenDone?.();
  return target.asked ? DONE : MISUSED;
}
