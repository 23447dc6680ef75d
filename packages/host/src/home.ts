/**
 * Checks whether a state directory is where its networks and containers were made. Resources on the host are named by
 * id, and a copy of the directory has the same ids: working with it would end resources of the original.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { adoptClaims, claimedElsewhere, runningIn } from '@kleenet/core';
import type { Engine, Logger, Platform } from '@kleenet/core';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { openStore } from '@kleenet/store-sqlite';
import type { Home, StateStore } from '@kleenet/store-sqlite';

export interface HomeOptions {
  /** The state as it is, even in a dry run. */
  readonly store: StateStore;
  /** The state directory, without links. */
  readonly directory: string;
  readonly uid: number;
  readonly identity: Platform['identity'];
  /** Opens the platform for the same host with another state directory. */
  readonly platformAt: (directory: string) => Promise<Platform>;
  readonly mayRecord: boolean;
  readonly logger: Logger;
}

export class StateHome {
  readonly #options: HomeOptions;
  #checked: Promise<void> | undefined;

  constructor(options: HomeOptions) {
    this.#options = options;
  }

  /** Refuses a directory that was copied or moved. Checks once. @throws KleenetError STATE_FOREIGN */
  require(): Promise<void> {
    return (this.#checked ??= this.#check());
  }

  /**
   * Records this path and host as the directory's location. Returns the previous path; undefined when it was this one.
   * @throws KleenetError STATE_FOREIGN while the original exists, CONTAINER_RUNNING while it has running containers
   */
  async adopt(engine: Engine): Promise<string | undefined> {
    const { store, directory, platformAt } = this.#options;
    const host = await this.#host();
    const before = await this.#lived();
    if (before === undefined || (before.path === directory && before.host === host))
      return undefined;
    if (before.host === host) {
      await this.#requireGone(before);
      const names = await runningIn({ store }, (await platformAt(before.path)).sandboxes);
      if (names.length > 0) throw stillRunning(names, before.path, directory);
    }
    if (!this.#options.mayRecord) return before.path;
    await adoptClaims(engine, before.path, directory);
    await store.setHome({ id: randomUUID(), host, path: directory });
    return before.path;
  }

  async #check(): Promise<void> {
    const { store, directory, mayRecord, logger } = this.#options;
    const host = await this.#host();
    const lived = await this.#lived();
    if (lived !== undefined && (lived.path !== directory || lived.host !== host))
      throw elsewhere(lived, directory, lived.path === directory);
    if (!mayRecord || (await store.home()) !== undefined) return;
    try {
      await store.setHome({ id: randomUUID(), host, path: directory });
    } catch (error) {
      if (!hasCode(error, 'DISK_FULL', 'STATE_READ_ONLY')) throw error;
      logger.debug(`the path of the state directory was not recorded: ${error.message}`);
    }
  }

  async #host(): Promise<string> {
    return (await this.#options.identity()).hostId;
  }

  /** The location in the database, or else the one that the paths of its files imply. */
  async #lived(): Promise<Home | undefined> {
    const { store, directory } = this.#options;
    const recorded = await store.home();
    if (recorded !== undefined) return recorded;
    const path = await claimedElsewhere({ store }, directory);
    return path === undefined ? undefined : { id: '', host: await this.#host(), path };
  }

  async #requireGone({ id, path }: Home): Promise<void> {
    const { directory, uid } = this.#options;
    if (isSameDirectory(path, directory) || !existsSync(join(path, 'kleenet.db'))) return;
    const original = await openStore({ directory: path, uid });
    try {
      const there = await original.home();
      if (there !== undefined && there.id !== id) return;
    } finally {
      original.close();
    }
    throw new KleenetError(
      'STATE_FOREIGN',
      `the state directory ${directory} is a copy of ${path}, which is still there`,
      {
        hint: 'use the original, or first remove its containers and networks, and the directory',
        details: { directory, original: path },
      },
    );
  }
}

/** Also true when a link now leads from one path to the other: then the directory was moved, not copied. */
function isSameDirectory(recorded: string, directory: string): boolean {
  return recorded === directory || (existsSync(recorded) && realpathSync(recorded) === directory);
}

function elsewhere({ path, host }: Home, directory: string, onOtherHost: boolean): KleenetError {
  const where = onOtherHost ? `on another host (${host})` : `in ${path}`;
  return new KleenetError(
    'STATE_FOREIGN',
    `the state directory ${directory} was copied or moved: its networks and containers were made ${where}`,
    {
      hint: "use the original; if it no longer exists, 'klee system adopt' makes this one its successor",
      details: { directory, recorded: { path, host } },
    },
  );
}

function stillRunning(names: readonly string[], path: string, directory: string): KleenetError {
  return new KleenetError(
    'CONTAINER_RUNNING',
    `containers that were started in ${path} are still running: ${names.join(', ')}`,
    {
      hint: `move ${directory} back to ${path}, stop them there, and move it again`,
      details: { containers: names, path },
    },
  );
}
