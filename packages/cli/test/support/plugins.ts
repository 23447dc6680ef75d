/** klee as it is installed, in a folder where root trusts what it finds, with plugins that tests write. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Callback, Test } from 'uvu';
import { resolveTrusted } from '../../src/plugins/trust.ts';
import { Witness } from '../../src/plugins/witness.ts';
import { finished } from './klee.ts';
import type { Finished } from './klee.ts';

export const IS_ROOT: boolean = process.geteuid?.() === 0;

/** Tests of what only root can do, or only root is refused. */
export function onlyAsRoot<T>(test: Test<T>): (name: string, run: Callback<T>) => void {
  return (name, run) => (IS_ROOT ? test(name, run) : test.skip(name, run));
}

/** A folder in which nobody but this user can write; for root also none of those above it. */
export function trustedFolder(): string {
  if (!IS_ROOT) return realpathSync(mkdtempSync(join(tmpdir(), 'klee-plugins-')));
  const home = resolveTrusted(userInfo().homedir, new Witness());
  return mkdtempSync(join(home, '.klee-test-'));
}

/** What a test says about a plugin; the rest is that of a driver named `lab` that works. */
export interface PluginParts {
  readonly name?: string;
  readonly version?: string;
  /** What is in package.json besides. */
  readonly manifest?: object;
  /** The field `kleenet`, or parts of it. */
  readonly kleenet?: object;
  readonly driver?: string;
  /** The entry's text. */
  readonly code?: string;
  /** Other files, by path in the package. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A plugin without dependencies, whose one driver has the generic data plane of the simulated host. */
export function codeOf(driver: string = 'lab', before: string = ''): string {
  return `${before}
export default {
  name: 'kleenet-driver-lab',
  apiVersion: 1,
  register(registrar) {
    registrar.register({
      name: '${driver}',
      capabilities: {
        stack: 'own', networkTypes: ['bridge'], families: ['ipv4', 'ipv6'],
        disconnectWhileRunning: true, mac: true, gateway: true,
      },
      dataPlanes: {},
      options: {},
      validateEndpoint: () => [],
    });
  },
};
`;
}

/** Writes a plugin into a folder. */
export function writePlugin(folder: string, parts: PluginParts = {}): string {
  const { name = 'kleenet-driver-lab', version = '1.0.0', driver = 'lab' } = parts;
  const manifest = {
    name,
    version,
    type: 'module',
    exports: './index.js',
    ...parts.manifest,
    kleenet: {
      plugin: './index.js',
      apiVersion: 1,
      drivers: [{ name: driver, description: 'A stack of its own.', platforms: ['memory'] }],
      ...parts.kleenet,
    },
  };
  const files: Record<string, string> = {
    'package.json': JSON.stringify(manifest),
    'index.js': parts.code ?? codeOf(driver),
    ...parts.files,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const KLEE = join(import.meta.dirname, '../../../../bin/klee');

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
    return spawn(process.execPath, [KLEE, ...argv], {
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
