/**
 * Locks between processes. Node has no flock(2), but SQLite locks its files, and the kernel releases such a lock with
 * its process. A lock is an empty database: an exclusive holder has an exclusive transaction open on it, a shared
 * holder a read transaction.
 *
 * Never open a lock's file by other means: in POSIX, closing any descriptor of a file drops the process's locks on it.
 */
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Lock, LockMode, LockRequest, Locks } from '@kleenet/core';
import { hasCode, KleenetError } from '@kleenet/core/errors';
import { loadSqlite, type Sqlite } from './connection.ts';
import { Database } from './database.ts';
import { clearStaleNotes, type Holder, readHolders, writeNote } from './lock-notes.ts';
import { poll } from './poll.ts';
import { attempt, createStateDirectory, type StateLocation } from './state-directory.ts';

/** Owner and location of the locks. */
export interface LockLocation extends StateLocation {
  /** The id of this process, for the messages of others. */
  readonly pid: number;
}

const KEY = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/**
 * The open transactions. A lock lasts until it is released, even when its holder has dropped the object: without a
 * reference here the garbage collector would close the database and release the lock.
 */
const held = new Set<Database>();

/** Locks in the folder `locks` of the state directory: a folder for each key. */
export class SqliteLocks implements Locks {
  readonly #location: LockLocation;

  constructor(location: LockLocation) {
    this.#location = location;
  }

  async acquire(request: LockRequest, signal?: AbortSignal): Promise<Lock> {
    signal?.throwIfAborted();
    const folder = this.#folder(request.key);
    createStateDirectory(this.#location);
    const waiter = new Waiter(await loadSqlite(), folder, request.mode);
    try {
      const database = await poll(() => this.#try(waiter, folder), request.patience, signal);
      if (database === undefined) throw busy(request, readHolders(folder));
      return this.#hold(database, request, folder);
    } finally {
      waiter.stop();
    }
  }

  discard(key: string): void {
    attempt(this.#location, () => removeFolder(this.#folder(key)));
  }

  #try(waiter: Waiter, folder: string): Database | undefined {
    attempt(this.#location, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
    try {
      return waiter.try();
    } catch (error) {
      // Another process has discarded the lock since the folder was made.
      if (hasCode(error, 'DATABASE_UNAVAILABLE') && !existsSync(folder)) return undefined;
      throw error;
    }
  }

  #hold(database: Database, { mode, purpose }: LockRequest, folder: string): Lock {
    held.add(database);
    clearStaleNotes(folder, mode);
    const { pid } = this.#location;
    const removeNote = writeNote(folder, { mode, purpose, pid, since: new Date().toISOString() });
    return {
      release() {
        if (!held.delete(database)) return;
        // Remove the note before unlocking: the next holder treats any note as stale.
        removeNote?.();
        database.close();
      },
    };
  }

  #folder(key: string): string {
    if (!KEY.test(key)) throw new TypeError(`${JSON.stringify(key)} cannot be used as a file name`);
    return join(this.#location.directory, 'locks', key);
  }
}

/**
 * A waiting process. An exclusive waiter closes the gate, a second file, behind the present holders, so that new shared
 * holders wait for its turn. The gate is for fairness only: the lock is safe without it.
 */
class Waiter {
  readonly #sqlite: Sqlite;
  readonly #mode: LockMode;
  readonly #lock: string;
  readonly #gate: string;
  #gateHeld: Database | undefined;
  #tries = 0;

  constructor(sqlite: Sqlite, folder: string, mode: LockMode) {
    this.#sqlite = sqlite;
    this.#mode = mode;
    this.#lock = join(folder, 'lock');
    this.#gate = join(folder, 'gate');
  }

  try(): Database | undefined {
    this.#tries += 1;
    if (this.#mode === 'shared')
      return this.#gateIsShut() ? undefined : lockFile(this.#sqlite, this.#lock, 'shared');
    if (this.#tries > 1) this.#gateHeld ??= this.#shutGate();
    return lockFile(this.#sqlite, this.#lock, 'exclusive');
  }

  stop(): void {
    if (this.#gateHeld === undefined) return;
    // Without the file, shared holders need not check it.
    rmSync(this.#gate, { force: true });
    this.#gateHeld.close();
    this.#gateHeld = undefined;
  }

  /** The disk may have no inode for it, or something else may be in its place. */
  #shutGate(): Database | undefined {
    try {
      return lockFile(this.#sqlite, this.#gate, 'exclusive');
    } catch (error) {
      if (hasCode(error, 'DISK_FULL') || isUnusable(error)) return undefined;
      throw error;
    }
  }

  #gateIsShut(): boolean {
    if (!existsSync(this.#gate)) return false;
    try {
      const passed = lockFile(this.#sqlite, this.#gate, 'shared');
      passed?.close();
      return passed === undefined;
    } catch (error) {
      if (isUnusable(error)) return false;
      throw error;
    }
  }
}

/**
 * The lock's database is never written, so it needs no journal, for which a disk may have no inode. On a read-only disk
 * SQLite takes the shared lock in place of the exclusive one: no process can change anything there.
 */
const BEGIN: Readonly<Record<LockMode, string>> = {
  shared: 'BEGIN; SELECT 1 FROM sqlite_schema',
  exclusive: 'PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE',
};

/** Locks a file; undefined when it is already locked. */
function lockFile(sqlite: Sqlite, path: string, mode: LockMode): Database | undefined {
  try {
    return Database.open(sqlite, path, BEGIN[mode], 0);
  } catch (error) {
    if (hasCode(error, 'DATABASE_BUSY')) return undefined;
    throw isForeign(error, path) ? unusable(path, error) : error;
  }
}

/** Whether a lock's place has something in it that no klee has put there. */
function isForeign(error: unknown, path: string): boolean {
  if (hasCode(error, 'DATABASE_DAMAGED')) return true;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile();
}

/** Replacing the file by itself would let two processes hold the lock: one that has the old file open may be alive. */
function unusable(path: string, cause: unknown): KleenetError {
  return new KleenetError(
    'DATABASE_UNAVAILABLE',
    `the lock ${path} cannot be used: it is not an empty file`,
    {
      hint: `locks hold no data: while no klee command runs, delete it with 'rm -r ${path}'`,
      details: { path, reason: UNUSABLE },
      cause,
    },
  );
}

const UNUSABLE = 'not a lock';

function isUnusable(error: unknown): boolean {
  return hasCode(error, 'DATABASE_UNAVAILABLE') && error.details['reason'] === UNUSABLE;
}

function busy({ key, mode }: LockRequest, holders: readonly Holder[]): KleenetError {
  const names = holders.map(
    ({ purpose, pid, since }) => `${purpose} (process ${pid}, since ${since})`,
  );
  const who = names.length > 0 ? names.join(', ') : 'another klee process';
  return new KleenetError('OBJECT_BUSY', `${key} is held by ${who}`, {
    hint: 'try again once that is done',
    details: { key, mode, holders },
  });
}

/** A process that is about to wait for the lock may add a file meanwhile; the last one removes the folder. */
function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) throw error;
  }
}
