/** Composes store, platform and engine for one command. */
import { composeEngine } from '@kleenet/core';
import { StateHome } from './home.ts';
import type { PluginCatalog } from './plugins/catalog.ts';
import type { Environment, Settings } from './settings.ts';
import { onDemand } from './on-demand.ts';
import type { OpenedPlatform } from './on-demand.ts';
import { KleenetError } from '@kleenet/core/errors';
import type {
  Clock,
  CommandRunner,
  Engine,
  Locks,
  Logger,
  Platform,
  PlatformName,
  Store,
} from '@kleenet/core';
import type { CommandRunnerOptions, SharedReadings } from '@kleenet/platform/runner';
import { openLocks, openStore } from '@kleenet/store-sqlite';
import { setTimeout as wait } from 'node:timers/promises';

/** How long to wait for an object that another klee works on, in milliseconds. */
const PATIENCE = 30_000;

export interface OpenOptions {
  readonly settings: Settings;
  readonly plugins: PluginCatalog;
  readonly environment: Environment;
  /** The operating system that klee itself runs on, as Node names it. */
  readonly system: string;
  readonly pid: number;
  readonly uid: number;
  /** The name of the user who runs klee, if the system knows one. */
  readonly user: () => string | undefined;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly logger: Logger;
  /** Prints the steps of a dry run. */
  readonly show: (line: string) => void;
  /** Whether it is shown in full. */
  readonly verbose: boolean;
  /** The command of this process, for waiting processes. */
  readonly purpose: string;
  /** The words that start this program again. */
  readonly self: readonly [string, ...string[]];
  /** Replaces parts; for tests that kill klee at a certain point. */
  readonly decorate?: Decorate;
}

/** Replaceable parts between the engine and the world. */
export interface Decorate {
  readonly store: (store: Store) => Store;
  /** Gets the runner that really runs commands; a dry run prints changes without calling it. */
  readonly commands: (commands: CommandRunner) => CommandRunner;
}

/** The engine and use cases, and a function to close it. */
interface Opened<UseCases> {
  readonly core: UseCases;
  readonly engine: Engine;
  /** Runs commands on the user's terminal. */
  readonly commands: CommandRunner;
  /** The state directory. */
  readonly root: string;
  /** Whether the directory is where its networks and containers were made. */
  readonly home: StateHome;
  close(): void;
}

/** An engine for every use case. */
export type OpenedEngine = Opened<typeof import('@kleenet/core')>;

/** An engine for the use cases that show the state. */
export type OpenedReader = Opened<typeof import('./reading.ts')>;

/** Opens state and platform. Nothing is read or made before it is needed. */
export async function openEngine(options: OpenOptions): Promise<OpenedEngine> {
  return compose(await import('@kleenet/core'), options, (open) => open());
}

/** Opens the state, and loads the code of the platform only when it is needed. */
export async function openReader(options: OpenOptions): Promise<OpenedReader> {
  const { platform } = options.settings;
  if (platform !== 'memory') requireReach(platform, options);
  return compose(await import('./reading.ts'), options, async (open) =>
    // The simulated host is not large, and drivers ask it what they do not ask others.
    platform === 'memory' ? open() : onDemand(platform, open),
  );
}

async function compose<UseCases>(
  core: UseCases,
  options: OpenOptions,
  when: (open: () => Promise<OpenedPlatform>) => Promise<OpenedPlatform>,
): Promise<Opened<UseCases>> {
  const { settings, pid, uid } = options;
  const location = { directory: settings.root, uid };
  const locks = openLocks({ ...location, pid });
  const state = await openStore(location);
  const store = await chooseStore(state, options);
  const home: StateHome = new StateHome({
    store: state,
    directory: settings.root,
    uid,
    identity: () => platform.identity(),
    platformAt: async (root) =>
      (await openPlatform({ ...options, settings: { ...settings, root } }, locks)).platform,
    mayRecord: !options.dryRun,
    logger: options.logger,
  });
  const { platform, commands, close, ...others } = await when(async () => {
    const opened = await openPlatform(options, locks);
    return { ...opened, platform: platformAtHome(home, opened.platform) };
  });
  const engine = composeEngine({
    ...others,
    store,
    locks: locksAtHome(home, locks, platform.name),
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
  return {
    core,
    engine,
    commands,
    root: settings.root,
    home,
    close() {
      close?.();
      store.close();
    },
  };
}

/** Every changing command takes a lock or checks the privilege first. The simulated host is in the state directory. */
function locksAtHome(home: StateHome, locks: Locks, platform: PlatformName): Locks {
  if (platform === 'memory') return locks;
  return {
    acquire: async (request, signal) => {
      await home.require();
      return locks.acquire(request, signal);
    },
    discard: (key) => locks.discard(key),
  };
}

function platformAtHome(home: StateHome, platform: Platform): Platform {
  if (platform.name === 'memory') return platform;
  return {
    ...platform,
    requirePrivilege: async () => {
      await platform.requirePrivilege();
      await home.require();
    },
  };
}

async function chooseStore(store: Store, { dryRun, decorate }: OpenOptions): Promise<Store> {
  if (dryRun) return store.rehearse();
  return decorate?.store(store) ?? store;
}

function openPlatform(options: OpenOptions, locks: Locks): Promise<OpenedPlatform> {
  switch (options.settings.platform) {
    case 'memory':
      return openMemory(options, locks);
    case 'linux':
      return openLinux(options);
    case 'freebsd':
      return openFreebsd(options);
  }
}

/** Drivers may run commands there, too: on this machine, and without a prefix. */
async function openMemory(options: OpenOptions, locks: Locks): Promise<OpenedPlatform> {
  const { settings, logger, dryRun, show } = options;
  const { createCommandRunner } = await import('@kleenet/platform/runner');
  const { createSimulatedPlatform, fileStorage } = await import('./simulated.ts');
  const storage = fileStorage({ directory: settings.root, locks });
  const platform = createSimulatedPlatform({
    storage,
    logger,
    ...(dryRun ? { rehearse: show } : {}),
  });
  const commands = createCommandRunner({ commandPrefix: [], environment: {}, logger });
  return { platform, commands: dryRun ? await rehearse(commands, [], options) : commands };
}

async function openLinux(options: OpenOptions): Promise<OpenedPlatform> {
  const { settings, logger } = options;
  requireReach('linux', options);
  const { createLinuxPlatform, LINUX_GUARD } = await import('@kleenet/platform/linux');
  const { commands, forget } = await openCommands(options, { guard: LINUX_GUARD });
  const { commandPrefix, root: directory, logLimit } = settings;
  return {
    commands,
    forgetReadings: forget,
    platform: createLinuxPlatform({ commands, directory, clock, logger, commandPrefix, logLimit }),
  };
}

async function openFreebsd(options: OpenOptions): Promise<OpenedPlatform> {
  const { settings, environment, pid, signal, logger } = options;
  requireReach('freebsd', options);
  const { createFreebsdPlatform } = await import('@kleenet/platform/freebsd');
  const { awaitOrphans, openChildren } = await import('@kleenet/platform/runner');
  const { commandPrefix, root: directory, logLimit } = settings;
  const children = openChildren({ directory, pid, environment, logger });
  const { commands, forget } = await openCommands(options, { children });
  // Behind a prefix, processes that the host starts itself run as another user, but the state directory belongs to this
  // one.
  const caller = commandPrefix.length === 0 ? undefined : options.user();
  return {
    commands,
    forgetReadings: forget,
    close: () => children.close(),
    ...(options.dryRun
      ? {}
      : { awaitOrphans: (patience) => awaitOrphans({ directory, clock, patience, signal }) }),
    platform: createFreebsdPlatform({
      commands,
      directory,
      clock,
      logger,
      commandPrefix,
      logLimit,
      ...(caller === undefined ? {} : { caller }),
    }),
  };
}

/** Without a prefix, commands of one system would run on another. */
function requireReach(
  platform: Exclude<PlatformName, 'memory'>,
  { settings, system }: OpenOptions,
): void {
  if (system === platform || settings.commandPrefix.length > 0) return;
  const title = TITLES[platform];
  throw new KleenetError(
    'PLATFORM_UNSUPPORTED',
    `this is not a ${title} host, and no command prefix is set to reach one`,
    { hint: `run klee on ${title}, or try it on a simulated host with --platform memory` },
  );
}

const TITLES = { freebsd: 'FreeBSD', linux: 'Linux' } as const;

/** Runs commands on the host; in a dry run, prints those that would change it. */
async function openCommands(
  options: OpenOptions,
  lifetime: Pick<CommandRunnerOptions, 'guard' | 'children'>,
): Promise<SharedReadings> {
  const { createCommandRunner, gatherReadings, shareReadings } =
    await import('@kleenet/platform/runner');
  const { settings, environment, logger, decorate } = options;
  const { commandPrefix } = settings;
  const real = createCommandRunner({ commandPrefix, environment, logger, ...lifetime });
  const commands = decorate?.commands(real) ?? real;
  return shareReadings(
    gatherReadings(options.dryRun ? await rehearse(commands, commandPrefix, options) : commands),
  );
}

async function rehearse(
  commands: CommandRunner,
  commandPrefix: readonly string[],
  { show, verbose }: OpenOptions,
): Promise<CommandRunner> {
  const { createDryRunner } = await import('@kleenet/platform/runner');
  const { commandLines } = await import('./show-command.ts');
  return createDryRunner({
    commands,
    commandPrefix,
    show: (argv, input, inputFile) => {
      for (const line of commandLines(argv, { input, inputFile }, verbose)) show(line);
    },
  });
}

function reapCommand({ self, settings }: OpenOptions): readonly [string, ...string[]] {
  const { platform, root, commandPrefix } = settings;
  const prefix =
    commandPrefix.length === 0 ? [] : ['--command-prefix', JSON.stringify(commandPrefix)];
  return [...self, '--platform', platform, '--root', root, ...prefix, 'container', '__reap'];
}

const clock: Clock = {
  now: () => new Date(),
  async sleep(milliseconds, signal) {
    try {
      await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
};
