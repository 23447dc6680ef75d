import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../support/command.ts';
import { DockerLike } from './docker-like.ts';

export class Podman extends DockerLike {
  readonly name = 'podman';
  readonly #directory: string;
  readonly #words: readonly string[];

  constructor(directory: string) {
    super();
    this.#directory = directory;
    // What Debian's package chooses by itself, but for the places, and for what a host without systemd lacks.
    this.#words = [
      ['--root', join(directory, 'storage')],
      ['--runroot', '/run/podman-storage'],
      ['--tmpdir', '/run/podman'],
      ['--network-config-dir', join(directory, 'networks')],
      ['--storage-driver', 'overlay'],
      ['--runtime', 'runc'],
      ['--cgroup-manager', 'cgroupfs'],
      ['--events-backend', 'file'],
    ].flat();
  }

  async open(): Promise<void> {
    mkdirSync(join(this.#directory, 'networks'), { recursive: true });
    this.importImage(this.#directory);
  }

  command(...words: readonly string[]): Command {
    return { argv: ['podman', ...this.#words, ...words] };
  }

  removeContainers(...names: readonly string[]): Command {
    return this.command('rm', '-f', '-t', '0', ...names);
  }
}
