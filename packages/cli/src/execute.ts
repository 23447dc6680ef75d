/** Gives a command what it works with, and puts it away afterwards. */
import type { Logger } from '@kleenet/core';
import { KleenetError, isKleenetError } from '@kleenet/core/errors';
import type { Command } from './command-line/definition.ts';
import { DONE, FAILED, statusOfSignal } from './command-line/exit-status.ts';
import type { Invocation } from './command-line/parse.ts';
import { isPublic } from './command-line/route.ts';
import type { Context } from './context.ts';
import { SILENT } from './download/progress.ts';
import type { Progress } from './download/progress.ts';
import type { OpenHost, OpenOptions } from './host/open.ts';
import type { Settings } from './host/settings.ts';
import type { Process } from './main.ts';
import type { PluginCatalog } from './plugins/catalog.ts';
import type { PluginInstaller } from './plugins/installer.ts';
import type { TestedPlugin } from './plugins/test.ts';
import { printable } from './render/printable.ts';
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
  let read: Promise<Settings> | undefined;
  let found: Promise<PluginCatalog> | undefined;
  let opened: Promise<OpenHost> | undefined;
  const settings = (): Promise<Settings> => (read ??= settingsOf(process, globals));
  const plugins = (): Promise<PluginCatalog> =>
    (found ??= settings().then((given) => findPlugins(process, globals, given, called)));
  const open = async (): Promise<OpenHost> =>
    openHost(process, globals, purposeOf(called, command, args), {
      settings: await settings(),
      plugins: await plugins(),
    });
  const context: Context = {
    globals,
    output,
    directory: process.directory,
    open: () => (opened ??= open()),
    plugins,
    pluginAt: (directory) => openPlugin(process, directory),
    installer: () => openInstaller(process, globals, purposeOf(called, command, args)),
    created: (id) => (dryRun ? undefined : output.print(id)),
    callerTerminal: async () => process.callerTerminal?.(),
    progress: () => showProgress(process, globals),
    report: (error) => showError(output, error, style),
    forwardSignals: (receiver) => signals.forward(receiver),
    confirm: async (question) => dryRun || confirmed(await process.ask(question)),
    ask: process.ask,
  };
  try {
    if (globals.format !== undefined) await checkFormat(globals.format, command);
    const status = (await command.run(context, args, options)) ?? DONE;
    if (signals.failure !== undefined) throw signals.failure;
    return signals.interruptedBy !== undefined && status === FAILED
      ? statusOfSignal(signals.interruptedBy)
      : status;
  } finally {
    const host = await opened;
    host?.close();
    if (host !== undefined) process.whenOpened?.();
  }
}

/** What would fail at the end is refused at the beginning. */
async function checkFormat(format: string, { sample }: Command): Promise<void> {
  const { requireFormat } = await import('./render/show.ts');
  await requireFormat(format, sample);
}

/** Without a terminal nobody has said yes. */
function confirmed(answer: boolean | undefined): boolean {
  if (answer !== undefined) return answer;
  throw new KleenetError(
    'INVALID_ARGUMENT',
    'there is no terminal to ask on, and nothing was done',
    {
      hint: 'give -f to do it without being asked, or --dry-run to see what it would do',
    },
  );
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

async function settingsOf(
  { environment, system }: Process,
  globals: Invocation['globals'],
): Promise<Settings> {
  const { readSettings } = await import('./host/settings.ts');
  return readSettings(globals, environment, system);
}

async function openHost(
  process: Process,
  globals: Invocation['globals'],
  purpose: string,
  found: Pick<OpenOptions, 'settings' | 'plugins'>,
): Promise<OpenHost> {
  const { output, signals } = process;
  const { openEngine } = await import('./host/open.ts');
  return openEngine({
    ...process,
    ...found,
    dryRun: globals.dryRun === true,
    signal: signals.signal,
    logger: loggerOf(process, globals),
    show: (line) => output.print(line),
    verbose: globals.debug === true,
    purpose,
  });
}

/** What is told to nobody, as in completion, must not count as told. */
async function findPlugins(
  process: Process,
  globals: Invocation['globals'],
  { root, plugins }: Pick<Settings, 'root' | 'plugins'>,
  called: string,
): Promise<PluginCatalog> {
  const { FIRST_PARTY_ONLY, findPlugins: find } = await import('./plugins/catalog.ts');
  if (process.pluginHost === undefined) return FIRST_PARTY_ONLY;
  return find({
    ...process,
    ...process.pluginHost,
    root,
    configured: plugins,
    mayKeep: globals.dryRun !== true && called.split(' ').every(isPublic),
    logger: loggerOf(process, globals),
  });
}

/** The drivers that a command's help lists. Help works whatever is wrong elsewhere. */
export async function knownDrivers(
  process: Process,
  globals: Invocation['globals'],
): Promise<readonly string[]> {
  try {
    const { driverNames } = await import('./plugins/catalog.ts');
    return driverNames(
      await findPlugins(process, globals, await settingsOf(process, globals), '__help'),
    );
  } catch (error) {
    if (!isKleenetError(error)) throw error;
    return [];
  }
}

async function openPlugin(process: Process, directory: string): Promise<TestedPlugin> {
  const { pluginAt } = await import('./plugins/at.ts');
  if (process.pluginHost === undefined) throw new TypeError('this process hosts no plugins');
  const { importModule } = process.pluginHost;
  return pluginAt(directory, { importModule, asRoot: process.uid === 0 });
}

async function openInstaller(
  process: Process,
  globals: Invocation['globals'],
  purpose: string,
): Promise<PluginInstaller> {
  const { PluginInstaller: Installer } = await import('./plugins/installer.ts');
  if (process.pluginHost === undefined) throw new TypeError('this process hosts no plugins');
  return new Installer({
    ...process,
    ...process.pluginHost,
    signal: process.signals.signal,
    logger: loggerOf(process, globals),
    purpose,
  });
}

function loggerOf({ output }: Process, { debug }: Invocation['globals']): Logger {
  return {
    debug: (message) => (debug === true ? output.note(message) : undefined),
    warn: (message) => output.note(`warning: ${printable(message)}`),
  };
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
