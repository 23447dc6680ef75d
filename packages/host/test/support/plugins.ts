/** Plugins that tests write, in a folder where root trusts what it finds. */
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Callback, Test } from 'uvu';
import { resolveTrusted } from '../../src/plugins/trust.ts';
import { Witness } from '../../src/plugins/witness.ts';

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
