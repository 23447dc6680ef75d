/** klee as it is installed, in a place of its own for state and plugins. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { IS_ROOT, codeOf, trustedFolder, writePlugin } from '../../../host/test/support/plugins.ts';
import type { PluginParts } from '../../../host/test/support/plugins.ts';
import { KLEE, finished } from './klee.ts';
import type { Finished } from './klee.ts';

/** Starts a container of the driver `lab`, which plugins of tests bring. */
export const RUN_LAB = 'run -d --name a --driver lab --network net host sleep 60';

/** A plugin that keeps the contract: it passes the kit. */
export const GOOD: PluginParts = {
  manifest: { peerDependencies: { '@kleenet/core': '0.x' } },
  code: codeOf()
    .replace('capabilities: {', 'capabilities: Object.freeze({')
    .replace('true,\n      },', 'true,\n      }),'),
};

/** A place of its own for state and plugins. */
export class PluginWorld {
  readonly folder: string = trustedFolder();
  readonly plugins: string = join(this.folder, 'plugins');
  readonly state: string = join(this.folder, 'state');
  readonly environment: Record<string, string | undefined> = {
    KLEE_ROOT: this.state,
    KLEE_PLATFORM: 'memory',
    KLEE_PLUGIN_DIRECTORY: this.plugins,
    XDG_DATA_HOME: join(this.folder, 'data'),
    // npm keeps what it does there.
    npm_config_cache: join(this.folder, 'npm'),
    npm_config_offline: 'true',
    npm_config_userconfig: join(this.folder, 'npmrc'),
    NODE_EXTRA_CA_CERTS: undefined,
  };

  constructor() {
    mkdirSync(this.state, { mode: 0o700 });
  }

  /** Where this user's plugins are added. */
  get addedTo(): string {
    return IS_ROOT ? this.plugins : join(this.folder, 'data/kleenet/plugins');
  }

  /** Puts a plugin into the plugin directory by hand. */
  place(parts: PluginParts = {}, folder: string = parts.name ?? 'kleenet-driver-lab'): string {
    return writePlugin(join(this.plugins, folder), parts);
  }

  start(words: string | readonly string[]): ChildProcess {
    const argv = typeof words === 'string' ? words.split(' ') : words;
    return spawn(KLEE, argv, {
      cwd: this.folder,
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  klee(words: string | readonly string[]): Promise<Finished> {
    return finished(this.start(words));
  }

  /** Runs a command that must succeed, and gives what it prints. */
  async ok(words: string | readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.klee(words);
    if (status !== 0) throw new Error(`klee ${String(words)} exited ${status}: ${stderr}`);
    return stdout.trimEnd();
  }

  async json<T>(words: string): Promise<T> {
    return JSON.parse(await this.ok(`${words} --format json`)) as T;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
