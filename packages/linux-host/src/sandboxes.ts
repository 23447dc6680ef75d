/** Sandboxes of klee without file systems: their network stacks, and a command that waits in them. */
import type { CommandRunner, Launch, Operation, SandboxSpec, Started } from '@kleenet/core';
import type { TestPlatform } from '@kleenet/core/testing';
import { describeSandbox, makeNetworkStack, removeNetworkStack } from '@kleenet/platform/linux';
import { goneFrom, peersIn } from './freeing.ts';
import type { Ground } from './ground.ts';
import { readLinks } from './reading.ts';

/** Longer than any test. */
const COMMAND = ['sleep', '86400'] as const;

export class Sandboxes implements Pick<
  TestPlatform['sandboxes'],
  'describe' | 'createStorage' | 'create' | 'start' | 'stop' | 'destroy'
> {
  readonly #commands: CommandRunner;
  readonly #ground: Ground;

  constructor(commands: CommandRunner, ground: Ground) {
    this.#commands = commands;
    this.#ground = ground;
  }

  readonly describe: TestPlatform['sandboxes']['describe'] = (container) =>
    describeSandbox(container);

  async createStorage(): Promise<void> {}

  async create(spec: SandboxSpec, operation: Operation): Promise<void> {
    const { name, stack } = spec.run.sandbox;
    await makeNetworkStack({ commands: this.#commands }, spec, operation);
    this.#ground.stacks.set(name, stack);
  }

  /** The command dies with this process. */
  async start({ run }: SandboxSpec, _launch: Launch, _operation: Operation): Promise<Started> {
    const { name } = run.sandbox;
    const command = this.#commands.foreground(
      ['setpriv', '--pdeathsig', 'KILL', 'nsenter', `--net=/run/netns/${name}`, ...COMMAND],
      { stdin: false },
    );
    this.#ground.running.set(name, command);
    await this.#awaitStart(name);
    return {};
  }

  async #awaitStart(name: string): Promise<void> {
    const started = async (): Promise<boolean> =>
      (await this.#commands.read(['ip', 'netns', 'pids', name])).stdout.trim() !== '';
    while (!(await started()));
  }

  stop({ run }: SandboxSpec): Promise<void> {
    return this.#ground.end(run.sandbox.name);
  }

  async destroy(spec: SandboxSpec, operation: Operation): Promise<void> {
    const { name } = spec.run.sandbox;
    await this.#ground.end(name);
    const links = await readLinks(this.#commands);
    await removeNetworkStack({ commands: this.#commands }, spec, operation);
    this.#ground.stacks.delete(name);
    await goneFrom(this.#commands, peersIn(links, [name]));
  }
}
