import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from '../support/command.ts';
import { DockerLike } from './docker-like.ts';

/** How often a starting daemon is asked whether it is ready, and the pause between, in milliseconds. */
const ATTEMPTS = 300;
const PAUSE = 100;
const SOCKET = 'unix:///run/bench-docker.sock';

/** With a daemon of its own. */
export class Docker extends DockerLike {
  readonly name = 'docker';
  readonly #directory: string;
  #daemon: ChildProcess | undefined;

  constructor(directory: string) {
    super();
    this.#directory = directory;
  }

  async open(): Promise<void> {
    mkdirSync(this.#directory, { recursive: true });
    const log = openSync(join(this.#directory, 'log'), 'w');
    const places = { '--data-root': join(this.#directory, 'data'), '--exec-root': '/run/docker' };
    const words = Object.entries({ ...places, '-H': SOCKET, '--pidfile': '/run/docker.pid' });
    this.#daemon = spawn('dockerd', words.flat(), { stdio: ['ignore', log, log] });
    await this.#ready(this.#daemon);
    this.importImage(this.#directory);
  }

  override async close(): Promise<void> {
    await super.close();
    const daemon = this.#daemon;
    if (daemon === undefined || daemon.exitCode !== null) return;
    daemon.kill();
    await once(daemon, 'exit');
  }

  command(...words: readonly string[]): Command {
    // The client of the same package: another may come first in PATH.
    return { argv: ['/usr/bin/docker', '-H', SOCKET, ...words] };
  }

  removeContainers(...names: readonly string[]): Command {
    return this.command('rm', '-f', ...names);
  }

  async #ready(daemon: ChildProcess): Promise<void> {
    for (let attempt = 0; daemon.exitCode === null; attempt += 1) {
      try {
        this.ok(this.command('version'));
        return;
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
        await wait(PAUSE);
      }
    }
    const log = readFileSync(join(this.#directory, 'log'), 'utf8').trim().slice(-1000);
    throw new Error(`dockerd ended with ${daemon.exitCode}: ${log}`);
  }
}
