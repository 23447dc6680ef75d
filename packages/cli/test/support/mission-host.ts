/** klee on a modelled FreeBSD host, and what the host then has. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { HostState } from '@kleenet/freebsd-model';
import { buildFreebsdHost } from '../../../freebsd-model/test/support/freebsd-host.ts';
import type { ContainerInspectView, NetworkInspectView } from '../../src/render/views.ts';
import { FreebsdWorld } from './freebsd.ts';
import { finished, spawnKlee } from './klee.ts';
import type { Finished } from './klee.ts';

/** What is looked at of a host: what is to be the same when nothing was changed. */
export interface HostView {
  readonly interfaces: readonly InterfaceView[];
  /** The addresses of each jail's list, by its name. */
  readonly jails: Readonly<Record<string, readonly string[]>>;
  readonly mounts: readonly string[];
  readonly rules: readonly string[];
}

/** An interface of the host, or of a jail of its own stack. */
export interface InterfaceView {
  readonly place: string;
  readonly name: string;
  readonly kind: string;
  readonly addresses: readonly string[];
}

interface Parts {
  /** A directory for files of the test. */
  readonly directory: string;
  klee(words: readonly string[]): Promise<Finished>;
  state(): HostState;
  close(): void | Promise<void>;
}

export class MissionHost {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** klee and the host are in this process. */
  static inProcess(): MissionHost {
    const world = new FreebsdWorld();
    return new MissionHost({
      directory: world.root,
      klee: (words) => world.klee(words),
      state: () => structuredClone(world.host.host.state),
      close: () => world.remove(),
    });
  }

  /** bin/klee works through a command prefix on a host that is a program, and commands of containers really run. */
  static async program(): Promise<MissionHost> {
    const host = await buildFreebsdHost();
    const { directory, prefix } = host;
    const environment = {
      KLEE_ROOT: join(directory, 'state'),
      KLEE_PLATFORM: 'freebsd',
      KLEE_COMMAND_PREFIX: JSON.stringify(prefix),
    };
    return new MissionHost({
      directory,
      klee: (words) => finished(spawnKlee(words, environment)),
      state: () => host.state(),
      close: () => host.dispose(),
    });
  }

  get directory(): string {
    return this.#parts.directory;
  }

  close(): void | Promise<void> {
    return this.#parts.close();
  }

  klee(words: string | readonly string[]): Promise<Finished> {
    return this.#parts.klee(typeof words === 'string' ? words.split(' ') : words);
  }

  /** Runs a command that must succeed, and gives what it prints. */
  async ok(words: string | readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.klee(words);
    assert.equal(status, 0, `klee ${String(words)}: ${stderr}`);
    return stdout;
  }

  /** Runs a command that must be refused for this reason, in one line and with a hint or none. */
  async refused(words: string, reason: RegExp, expected = 1): Promise<void> {
    const { status, stdout, stderr } = await this.klee(words);
    assert.equal(status, expected, `klee ${words}: ${stderr}`);
    assert.match(stderr, /^error: .*\n(hint: .*\n)?$/, `klee ${words}`);
    assert.match(stderr, reason, `klee ${words}`);
    assert.equal(stdout, '');
  }

  async lines(words: string): Promise<readonly string[]> {
    return (await this.ok(words)).split('\n').filter(Boolean);
  }

  async #json<T>(words: string): Promise<T> {
    return JSON.parse(await this.ok(words)) as T;
  }

  async container(name: string): Promise<ContainerInspectView['container']> {
    return (await this.#json<ContainerInspectView>(`container inspect ${name}`)).container;
  }

  /** What `network inspect` says of a network's containers: the addresses of each, by its name. */
  async addressesOn(network: string): Promise<Readonly<Record<string, readonly string[]>>> {
    const view = await this.#json<NetworkInspectView>(`network inspect ${network}`);
    return Object.fromEntries(
      view.network_endpoints.map(({ container_name, ip_address, ip_address6 }) => [
        container_name,
        [ip_address, ip_address6].filter(Boolean),
      ]),
    );
  }

  /** The interface of a network on the host. */
  async interfaceOf(network: string): Promise<InterfaceView> {
    const view = await this.#json<NetworkInspectView>(`network inspect ${network}`);
    const { interfaces } = this.look();
    const found = interfaces.find(
      ({ place, name }) => place === '' && name === view.network.interface,
    );
    assert.ok(found !== undefined, `the host has no interface for ${network}`);
    return found;
  }

  /** The addresses that the kernel lets a container use of those of the host. */
  async seenBy(container: string): Promise<readonly string[] | undefined> {
    const { id } = await this.container(container);
    return this.look().jails[`klee-${id}`];
  }

  /** An interface of a container with a stack of its own. */
  async inside(container: string, name: string): Promise<InterfaceView | undefined> {
    const { id } = await this.container(container);
    return this.look().interfaces.find((one) => one.place === `klee-${id}` && one.name === name);
  }

  look(): HostView {
    const { stacks, jails, mounts, pf } = this.#parts.state();
    const nameOf = (jid: string): string =>
      jails.find((one) => String(one.jid) === jid)?.name ?? '';
    return {
      interfaces: Object.entries(stacks).flatMap(([jid, { interfaces }]) =>
        interfaces.map(({ name, kind, addresses }) => ({
          place: nameOf(jid),
          name,
          kind,
          addresses: addresses
            .filter(({ address }) => !address.startsWith('fe80:'))
            .map(({ address, prefix }) => `${address}/${prefix}`),
        })),
      ),
      jails: Object.fromEntries(
        jails.map(({ name, addresses }) => [name, [...addresses.ipv4, ...addresses.ipv6]]),
      ),
      mounts: mounts.map(({ target }) => target),
      rules: Object.values(pf.anchors).flatMap(({ nat, rules }) => [...nat, ...rules]),
    };
  }
}
