/** Puts store, platform and engine together for one command. */
import * as core from '@kleenet/core';
import type { CommandRunner, Logger, Platform, Store } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { openLocks, openStore } from '@kleenet/store-sqlite';
import type { OpenEngine } from '../context.ts';
import type { PluginCatalog } from '../plugins/catalog.ts';
import { clock } from './clock.ts';
import type { Environment, Settings } from './settings.ts';

/** How long to wait for an object that another klee works on, in milliseconds. */
const PATIENCE = 30_000;

export interface OpenOptions {
  readonly settings: Settings;
  readonly plugins: PluginCatalog;
  readonly environment: Environment;
  readonly pid: number;
  readonly uid: number;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly logger: Logger;
  /** Shows what a dry run would do. */
  readonly show: (line: string) => void;
  /** What this process does, for those who wait for it. */
  readonly purpose: string;
  /** The words that start this program again. */
  readonly self: readonly [string, ...string[]];
  /** Replaces parts; for tests that kill klee at a certain point. */
  readonly decorate?: Decorate;
}

/** What can stand between the engine and the world. */
export interface Decorate {
  readonly store: (store: Store) => Store;
  readonly commands: (commands: CommandRunner) => CommandRunner;
}

/** The parts of the operating system that a platform brings. */
interface HostParts {
  readonly platform: Platform;
  readonly commands: CommandRunner;
}

/** The engine, and how to put it away. */
export interface OpenHost extends OpenEngine {
  close(): void;
}

/** Opens state and platform. Nothing is read or made before it is needed. */
export async function openEngine(options: OpenOptions): Promise<OpenHost> {
  const { settings, pid, uid } = options;
  const location = { directory: settings.root, uid };
  const locks = openLocks({ ...location, pid });
  const store = await chooseStore(await openStore(location), options);
  const { platform, commands } = await openHost(options, locks);
  const engine = core.composeEngine({
    store,
    locks,
    platform,
    commands,
    plugins: options.plugins.sources,
    rejectedPlugins: options.plugins.rejected,
    clock,
    logger: options.logger,
    signal: options.signal,
    purpose: options.purpose,
    patience: PATIENCE,
    reap: reapCommand(options),
  });
  return { core, engine, commands, root: settings.root, close: () => store.close() };
}

async function chooseStore(store: Store, { dryRun, decorate }: OpenOptions): Promise<Store> {
  if (dryRun) return store.rehearse();
  return decorate?.store(store) ?? store;
}

function openHost(options: OpenOptions, locks: core.Locks): Promise<HostParts> {
  switch (options.settings.platform) {
    case 'memory':
      return openMemory(options, locks);
    case 'linux':
      return openLinux(options);
    case 'freebsd':
      throw new KleenetError(
        'PLATFORM_UNSUPPORTED',
        'this version of klee does not run on FreeBSD yet',
        {
          hint: 'try it on Linux, or on a simulated host with --platform memory',
        },
      );
  }
}

async function openMemory(
  { settings, logger, dryRun, show }: OpenOptions,
  locks: core.Locks,
): Promise<HostParts> {
  const { createCommandRunner } = await import('@kleenet/platform/runner');
  const storage = core.fileStorage({ directory: settings.root, locks });
  const platform = core.createSimulatedPlatform({
    storage,
    logger,
    ...(dryRun ? { rehearse: show } : {}),
  });
  return {
    platform,
    commands: createCommandRunner({ commandPrefix: [], environment: {}, logger }),
  };
}

async function openLinux({
  settings,
  environment,
  logger,
  dryRun,
  show,
  decorate,
}: OpenOptions): Promise<HostParts> {
  const { createLinuxPlatform, LINUX_GUARD } = await import('@kleenet/platform/linux');
  const { createCommandRunner, createDryRunner, quoteCommand } =
    await import('@kleenet/platform/runner');
  const { commandPrefix, root } = settings;
  const real = createCommandRunner({ commandPrefix, guard: LINUX_GUARD, environment, logger });
  const chosen = dryRun
    ? createDryRunner({
        commands: real,
        commandPrefix,
        show: (argv, input) => showCommand(show, quoteCommand(argv), input),
      })
    : real;
  const commands = decorate?.commands(chosen) ?? chosen;
  return {
    commands,
    platform: createLinuxPlatform({ commands, directory: root, clock, logger, commandPrefix }),
  };
}

function showCommand(
  show: (line: string) => void,
  command: string,
  input: string | undefined,
): void {
  show(command);
  for (const line of (input ?? '').trimEnd().split('\n')) if (line !== '') show(`  ${line}`);
}

function reapCommand({ self, settings }: OpenOptions): readonly [string, ...string[]] {
  const { platform, root, commandPrefix } = settings;
  const prefix =
    commandPrefix.length === 0 ? [] : ['--command-prefix', JSON.stringify(commandPrefix)];
  return [...self, '--platform', platform, '--root', root, ...prefix, 'container', '__reap'];
}
