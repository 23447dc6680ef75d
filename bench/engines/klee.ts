import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from '../support/command.ts';
import { makeRootFileSystem } from '../support/root-file-system.ts';
import { Engine, IMAGE, wordsOf } from './engine.ts';
import type { ContainerOptions } from './engine.ts';

export const KLEE: string = join(import.meta.dirname, '../../bin/klee');

export class Klee extends Engine {
  readonly name = 'klee';
  readonly #directory: string;
  /** The state directory. */
  readonly root: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(directory: string, runtime: 'node' | 'executable') {
    super();
    this.#directory = directory;
    this.root = join(directory, 'state');
    this.#environment = { KLEE_ROOT: this.root, KLEE_RUNTIME: runtime };
  }

  async open(): Promise<void> {
    this.#requireRuntime();
    this.ok(
      this.command('image', 'import', IMAGE, makeRootFileSystem(join(this.#directory, 'files'))),
    );
  }

  async close(): Promise<void> {
    const all = wordsOf(this.ok(this.command('container', 'ls', '-a', '--quiet')));
    if (all.length > 0) this.ok(this.removeContainers(...all));
  }

  running(): number {
    return wordsOf(this.ok(this.command('container', 'ls', '--quiet'))).length;
  }

  command(...words: readonly string[]): Command {
    return { argv: [KLEE, ...words], environment: this.#environment };
  }

  override createNetwork(name: string, subnet: string): Command {
    return this.command('network', 'create', '-t', 'bridge', '--subnet', subnet, name);
  }

  removeContainers(...names: readonly string[]): Command {
    return this.command('container', 'rm', '-f', ...names);
  }

  down(): Command {
    return this.command('system', 'down');
  }

  namespaceOf(container: string): string {
    const inspect = ['container', 'inspect', '--format', '{{container.id}}'];
    const id = this.ok(this.command(...inspect, container));
    return `/run/netns/klee-${id}`;
  }

  /** Where there is no executable of this build, `bin/klee` says so and takes Node.js. */
  #requireRuntime(): void {
    const { argv, environment } = this.version();
    const { stderr } = spawnSync(KLEE, argv.slice(1), {
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    });
    if (stderr !== '') throw new Error(stderr.trim());
  }

  protected containerOptions({ network, driver = 'ipnet' }: ContainerOptions): readonly string[] {
    return network === undefined ? [] : ['--driver', driver, '--network', network];
  }
}
