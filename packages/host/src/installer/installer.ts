/** Adding and removing plugins. */
import type { CommandRunner, Logger } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { openLocks } from '@kleenet/store-sqlite';
import { createCommandRunner, quoteCommand } from '@kleenet/platform/runner';
import type { PluginCatalog } from '../plugins/catalog.ts';
import { requireTrustedClosure } from '../plugins/closure.ts';
import { PluginDirectory } from './directory.ts';
import type { Staged } from './directory.ts';
import { discover } from '../plugins/discover.ts';
import { npmInstall, runNpm } from './npm.ts';
import { readPackage } from '../plugins/package.ts';
import type { FoundPlugin, SkippedPlugin } from '../plugins/package.ts';
import { placeToAdd } from '../plugins/places.ts';
import type { Surroundings } from '../plugins/places.ts';
import { resolveTrusted } from '../plugins/trust.ts';
import { Witness } from '../plugins/witness.ts';

/** How long to wait for another klee that adds or removes plugins, in milliseconds. */
const PATIENCE = 30_000;

export interface InstallerOptions extends Surroundings {
  readonly pid: number;
  /** The folder with the core that plugins get as their peer, as a package without folders. */
  readonly contract: string;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** The command of this process, for waiting processes. */
  readonly purpose: string;
}

/** A plugin that is unpacked and checked, but not active. */
export interface Candidate {
  readonly plugin: FoundPlugin;
  /** The active version so far, if any. */
  readonly replaces: string | undefined;
  /** Its future path. */
  readonly directory: string;
  /** The directory that it is to be used from, without a copy. */
  readonly linkedTo?: string;
  activate(): void;
}

export class PluginInstaller {
  readonly #options: InstallerOptions;
  readonly #directory: PluginDirectory;
  readonly #commands: CommandRunner;

  constructor(options: InstallerOptions) {
    this.#options = options;
    this.#directory = new PluginDirectory(placeToAdd(options).directory, options.uid === 0);
    const { environment, logger } = options;
    this.#commands = createCommandRunner({ commandPrefix: [], environment, logger });
  }

  /** The command of npm, for a dry run. */
  describe(spec: string): string {
    return quoteCommand(npmInstall({ project: `${this.#directory.path}/.klee/new-…`, spec }));
  }

  /**
   * Unpacks and checks a plugin, and passes it to `decide`, which may activate it. Until then the directory is
   * unchanged.
   * @throws KleenetError PLUGIN_INVALID, PLUGIN_UNTRUSTED, API_VERSION_UNSUPPORTED, NAME_TAKEN, PLATFORM_COMMAND_FAILED
   */
  add(
    spec: string,
    catalog: PluginCatalog,
    decide: (candidate: Candidate) => Promise<void>,
  ): Promise<void> {
    return this.#alone(async () => {
      const staged = this.#directory.stage();
      try {
        const { contract, signal } = this.#options;
        this.#directory.copyCore(staged, contract);
        await runNpm(this.#commands, { project: staged.project, spec }, signal);
        await decide(this.#staged(staged, spec, catalog));
      } finally {
        this.#directory.sweep();
      }
    });
  }

  /**
   * Checks a plugin, and passes it to `decide`, which may have it used from its directory.
   * @throws KleenetError PLUGIN_INVALID, PLUGIN_UNTRUSTED, API_VERSION_UNSUPPORTED, NAME_TAKEN
   */
  link(
    directory: string,
    catalog: PluginCatalog,
    decide: (candidate: Candidate) => Promise<void>,
  ): Promise<void> {
    return this.#alone(async () => {
      try {
        await decide(this.linkable(directory, catalog));
      } finally {
        this.#directory.sweep();
      }
    });
  }

  /** A plugin that may be linked. Changes nothing until it is activated, which needs {@link link}. */
  linkable(directory: string, catalog: PluginCatalog): Candidate {
    const linkedTo = this.#requireOwnDirectory(directory);
    const looking = { witness: new Witness(), asRoot: false };
    const read = readPackage(linkedTo, 'config', looking);
    if ('reason' in read) throw unfit(read.plugin, read);
    resolveTrusted(read.entry, new Witness(), BigInt(this.#options.uid));
    const candidate = this.#candidate(linkedTo, read.name, catalog);
    const activate = (): void => this.#directory.link(linkedTo, read.name);
    return { ...candidate, linkedTo, activate };
  }

  /** Whether a plugin is one that this user has added with klee. */
  owns(name: string): boolean {
    return this.#directory.projectOf(name) !== undefined;
  }

  /** Removes a plugin that this user has added. `check` may refuse it. */
  remove(name: string, check: () => Promise<void>): Promise<void> {
    return this.#alone(async () => {
      await check();
      this.#directory.remove(name);
      this.#directory.sweep();
    });
  }

  #staged(staged: Staged, spec: string, catalog: PluginCatalog): Candidate {
    const name = this.#directory.nameOf(staged);
    if (name === undefined) throw noPlugin(spec);
    const candidate = this.#candidate(this.#directory.packageIn(staged, name), name, catalog);
    const { version } = candidate.plugin;
    return { ...candidate, activate: () => this.#directory.activate(staged, name, version) };
  }

  #candidate(folder: string, name: string, catalog: PluginCatalog): Omit<Candidate, 'activate'> {
    const plugin = this.#check(folder, name, catalog);
    if (this.#directory.isForeign(name)) throw foreign(name, this.#directory.path);
    return {
      plugin,
      replaces: catalog.found.find((one) => one.name === name && this.owns(name))?.version,
      directory: this.#directory.path,
    };
  }

  /** Refuses to run from a directory that others can change; for root, all that the plugin loads counts. */
  #requireOwnDirectory(directory: string): string {
    const { uid } = this.#options;
    if (uid === 0) return requireTrustedClosure(directory);
    return resolveTrusted(directory, new Witness(), BigInt(uid));
  }

  /** Checks it like the discovery does; here a problem is an error. */
  #check(folder: string, name: string, { present: bundled, found }: PluginCatalog): FoundPlugin {
    const present = [...bundled, ...found.filter((other) => other.name !== name)];
    const looking = { witness: new Witness(), asRoot: false };
    const discovery = discover([], [folder], present, looking);
    const [problem] = discovery.skipped;
    const [plugin] = discovery.found;
    if (problem !== undefined || plugin === undefined) throw unfit(name, problem);
    return plugin;
  }

  /** Runs work while no other klee changes the directory. */
  async #alone(work: () => Promise<void>): Promise<void> {
    const { uid, pid, purpose, signal } = this.#options;
    if (uid === 0) resolveTrusted(this.#directory.path, new Witness());
    this.#directory.create();
    const locks = openLocks({ directory: this.#directory.locks, uid, pid });
    const request = { key: 'plugins', mode: 'exclusive', purpose, patience: PATIENCE } as const;
    const lock = await locks.acquire(request, signal);
    try {
      await work();
    } finally {
      lock.release();
    }
  }
}

function noPlugin(spec: string): KleenetError {
  return new KleenetError('PLUGIN_INVALID', `${spec} is core itself, not a plugin`, {
    hint: 'core is part of klee',
  });
}

function unfit(name: string, problem: SkippedPlugin | undefined): KleenetError {
  const { version = '', code = 'PLUGIN_INVALID', reason = 'it offers nothing' } = problem ?? {};
  const label = [name, version].filter((text) => text !== '').join(' ');
  return new KleenetError(code, `${label} cannot be added: ${reason}`, {
    hint: 'nothing was changed',
    details: { plugin: name, version, reason },
  });
}

function foreign(name: string, directory: string): KleenetError {
  return new KleenetError(
    'NAME_TAKEN',
    `${name} is already in ${directory}, and klee did not install it`,
    { hint: 'remove it with the tool that installed it', details: { plugin: name, directory } },
  );
}
