/** What all engines can do, in the words of their command lines. */
import { output } from '../support/command.ts';
import type { Command } from '../support/command.ts';

/** The image that every engine has: busybox alone. */
export const IMAGE = 'tiny';
const FOREVER = ['sleep', '100000'];

/** Of klee: how a container is connected. */
export type Driver = 'ipnet' | 'vnet';

export interface ContainerOptions {
  readonly network?: string;
  /** For klee; others have one driver. */
  readonly driver?: Driver;
}

/** An engine with state of its own. */
export abstract class Engine {
  abstract readonly name: string;

  /** Starts what the engine needs, and imports the image. */
  abstract open(): Promise<void>;
  /** Removes containers and ends what was started. */
  abstract close(): Promise<void>;
  abstract command(...words: readonly string[]): Command;
  /** The network namespace of a running container, as a file. */
  abstract namespaceOf(container: string): string;
  protected abstract containerOptions(options: ContainerOptions): readonly string[];

  /** Runs a command that must succeed. */
  ok(command: Command): string {
    return output(command);
  }

  version(): Command {
    return this.command('--version');
  }

  listNetworks(): Command {
    return this.command('network', 'ls');
  }

  createNetwork(name: string, addresses: string): Command {
    return this.command('network', 'create', '--subnet', addresses, name);
  }

  removeNetworks(...names: readonly string[]): Command {
    return this.command('network', 'rm', ...names);
  }

  connect(network: string, container: string): Command {
    return this.command('network', 'connect', network, container);
  }

  disconnect(network: string, container: string): Command {
    return this.command('network', 'disconnect', network, container);
  }

  /** Starts a container that stays. */
  run(name: string, options: ContainerOptions): Command {
    const words = ['run', '-d', '--name', name, ...this.containerOptions(options)];
    return this.command(...words, IMAGE, ...FOREVER);
  }

  /** A container that is removed when its command has ended. */
  runOnce(options: ContainerOptions, ...argv: readonly string[]): Command {
    return this.command('run', '--rm', ...this.containerOptions(options), IMAGE, ...argv);
  }

  /** How many containers run. */
  abstract running(): number;
  abstract removeContainers(...names: readonly string[]): Command;
  /** Stops all containers, as before the host stops. */
  abstract down(names: readonly string[]): Command;

  prune(): Command {
    return this.command('container', 'prune', '-f');
  }
}

/** What a command prints, a word for each object. */
export function wordsOf(printed: string): readonly string[] {
  return printed.split(/\s+/).filter((word) => word !== '');
}

/** The subnets that tasks use: one for each network. */
export function subnet(index: number): string {
  return `${prefix(index)}0/24`;
}

/** The address that the host has in such a network. */
export function gateway(index: number): string {
  return `${prefix(index)}1`;
}

/** What all addresses of such a network begin with. */
export function prefix(index: number): string {
  return `10.${100 + Math.floor(index / 250)}.${index % 250}.`;
}
