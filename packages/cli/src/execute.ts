/** Provides the context of a command, and closes it afterwards. */
import type { Logger } from '@kleenet/core';
import { KleenetError, isKleenetError } from '@kleenet/core/errors';
import type { Command } from './command-line/definition.ts';
import { DONE, FAILED, statusOfSignal } from './command-line/exit-status.ts';
import type { Invocation } from './command-line/parse.ts';
import { isPublic } from './command-line/route.ts';
import { TREE, loadCommand } from './commands/index.ts';
import type { Context } from './context.ts';
import { SILENT } from './download/progress.ts';
import type { Progress } from './download/progress.ts';
import type { OpenOptions, OpenedEngine, OpenedReader } from '@kleenet/host';
import type { Settings } from '@kleenet/host/settings';
import type { CallingProcess } from './calling-process.ts';
import type { PackagedPlugin, PluginInstaller } from '@kleenet/host/installer';
import type { PluginCatalog } from '@kleenet/host/plugins';
import { printable } from './render/printable.ts';
import { showError } from './show-error.ts';

/** Runs a command that was parsed. Resolves with its exit status. */
export async function execute(
  caller: CallingProcess,
  command: Command,
  called: string,
  { globals, args, options }: Invocation,
): Promise<number> {
  const { output, signals } = caller;
  const style = { json: globals.format === 'json', debug: globals.debug === true };
  const dryRun = globals.dryRun === true;
  let read: Promise<Settings> | undefined;
  let found: Promise<PluginCatalog> | undefined;
  let opened: Promise<OpenedEngine> | undefined;
  let looking: Promise<OpenedReader> | undefined;
  const settings = (): Promise<Settings> => (read ??= settingsOf(caller, globals));
  const plugins = (): Promise<PluginCatalog> =>
    (found ??= settings().then((given) => findPlugins(caller, globals, given, called)));
  const openOptions = async (): Promise<OpenOptions> =>
    optionsFor(caller, globals, purposeOf(called, command, args), {
      settings: await settings(),
      plugins: await plugins(),
    });
  const open = async (): Promise<OpenedEngine> =>
    (await import('@kleenet/host')).openEngine(await openOptions());
  const look = async (): Promise<OpenedReader> =>
    (await import('@kleenet/host')).openReader(await openOptions());
  const context: Context = {
    commands: { tree: TREE, tables: loadCommand },
    globals,
    output,
    directory: caller.directory,
    open: () => (opened ??= open()),
    look: () => (looking ??= look()),
    plugins,
    pluginAt: (directory, asUser = false) => openPlugin(caller, directory, asUser),
    self: caller.self,
    signal: signals.signal,
    installer: () => openInstaller(caller, globals, purposeOf(called, command, args)),
    created: (id) => (dryRun ? undefined : output.print(id)),
    callerTerminal: async () => caller.callerTerminal?.(),
    progress: () => showProgress(caller, globals),
    report: (error) => showError(output, error, style),
    forwardSignals: (receiver) => signals.forward(receiver),
    confirm: async (question) => dryRun || confirmed(await caller.ask(question)),
    ask: caller.ask,
  };
  try {
    if (globals.format !== undefined) await checkFormat(globals.format, command);
    const status = (await command.run(context, args, options)) ?? DONE;
    if (signals.failure !== undefined) throw signals.failure;
    return signals.interruptedBy !== undefined && status === FAILED
      ? statusOfSignal(signals.interruptedBy)
      : status;
  } finally {
    const hosts = [await opened, await looking].filter((host) => host !== undefined);
    for (const host of hosts) host.close();
    if (hosts.length > 0) caller.whenDone?.();
  }
}

/** Refuses at the beginning what would fail at the end. */
async function checkFormat(format: string, { sample }: Command): Promise<void> {
  const { requireFormat } = await import('./render/show.ts');
  await requireFormat(format, sample);
}

/** Without a terminal the user cannot confirm. */
function confirmed(answer: boolean | undefined): boolean {
  if (answer !== undefined) return answer;
  throw new KleenetError(
    'INVALID_ARGUMENT',
    'cannot ask for confirmation without a terminal; nothing was done',
    {
      hint: 'add -f to skip the confirmation, or --dry-run to see what would be done',
    },
  );
}

async function showProgress(
  { terminal }: CallingProcess,
  { quiet }: Invocation['globals'],
): Promise<Progress> {
  const stream = quiet === true ? undefined : terminal?.();
  if (stream === undefined) return SILENT;
  const { createProgress } = await import('./download/bar.ts');
  return createProgress(stream);
}

async function settingsOf(
  { environment, system }: CallingProcess,
  globals: Invocation['globals'],
): Promise<Settings> {
  const { readSettings } = await import('@kleenet/host/settings');
  return readSettings(globals, environment, system);
}

function optionsFor(
  caller: CallingProcess,
  globals: Invocation['globals'],
  purpose: string,
  found: Pick<OpenOptions, 'settings' | 'plugins'>,
): OpenOptions {
  const { output, signals } = caller;
  return {
    ...caller,
    ...found,
    dryRun: globals.dryRun === true,
    signal: signals.signal,
    logger: loggerOf(caller, globals),
    show: (line) => output.print(line),
    verbose: globals.debug === true,
    purpose,
  };
}

/** Completion prints no warnings, so it must not mark them as shown. */
async function findPlugins(
  caller: CallingProcess,
  globals: Invocation['globals'],
  { root, plugins }: Pick<Settings, 'root' | 'plugins'>,
  called: string,
): Promise<PluginCatalog> {
  const { bundledOnly, findPlugins: find } = await import('@kleenet/host/plugins');
  const { FIRST_PARTY: bundled } = await import('./first-party.ts');
  if (caller.pluginHost === undefined) return bundledOnly(bundled);
  return find({
    bundled,
    ...caller,
    ...caller.pluginHost,
    root,
    configured: plugins,
    mayKeep: globals.dryRun !== true && called.split(' ').every(isPublic),
    logger: loggerOf(caller, globals),
  });
}

/** The drivers that a command's help lists. Help works even when plugins or settings are broken. */
export async function knownDrivers(
  caller: CallingProcess,
  globals: Invocation['globals'],
): Promise<readonly string[]> {
  try {
    const { driverNames } = await import('@kleenet/host/plugins');
    return driverNames(
      await findPlugins(caller, globals, await settingsOf(caller, globals), '__help'),
    );
  } catch (error) {
    if (!isKleenetError(error)) throw error;
    return [];
  }
}

async function openPlugin(
  caller: CallingProcess,
  directory: string,
  asUser: boolean,
): Promise<PackagedPlugin> {
  const { pluginAt } = await import('@kleenet/host/installer');
  if (caller.pluginHost === undefined) throw new TypeError('this process hosts no plugins');
  const { importModule } = caller.pluginHost;
  return pluginAt(directory, { importModule, asRoot: caller.uid === 0 && !asUser });
}

async function openInstaller(
  caller: CallingProcess,
  globals: Invocation['globals'],
  purpose: string,
): Promise<PluginInstaller> {
  const { PluginInstaller: Installer } = await import('@kleenet/host/installer');
  if (caller.pluginHost === undefined) throw new TypeError('this process hosts no plugins');
  return new Installer({
    ...caller,
    ...caller.pluginHost,
    signal: caller.signals.signal,
    logger: loggerOf(caller, globals),
    purpose,
  });
}

function loggerOf({ output }: CallingProcess, { debug }: Invocation['globals']): Logger {
  return {
    debug: (message) => (debug === true ? output.note(message) : undefined),
    warn: (message) => output.note(`warning: ${printable(message)}`),
  };
}

/** Names the objects, and leaves out options and commands: they may hold secrets, and other users see this text. */
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
