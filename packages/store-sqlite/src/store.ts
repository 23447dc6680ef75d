import type { Snapshot, Store, Transaction } from '@kleenet/core';
import { hasCode, KleenetError } from '@kleenet/core/errors';
import { loadSqlite, type Sqlite } from './connection.ts';
import { copyTables } from './copy.ts';
import { type Database, Scope } from './database.ts';
import { type Home, readHome, writeHome } from './home.ts';
import { isAsLeft, noteAsLeft } from './as-left.ts';
import { pause, poll } from './poll.ts';
import { hasReserve, makeReserve } from './reserve.ts';
import { migrate, versionOf } from './schema.ts';
import { BUSY_TIMEOUT, openMemoryDatabase } from './state-directory.ts';
import { snapshotOf, transactionOf } from './transaction.ts';
import { findFaults, requireSound } from './verify.ts';

/** Parameters of a store. */
export interface StoreParts {
  /** Opens the database; without `create` the result is undefined when there is none. */
  readonly open: (sqlite: Sqlite, create: boolean) => Database | undefined;
  /** How long a transaction waits for other processes, in milliseconds. */
  readonly patience: number;
  readonly migrations: readonly string[];
}

type Mode = 'read' | 'write';

/**
 * In milliseconds. Between two writes a process releases the file for this long: waiting processes only poll, and would
 * otherwise find it locked for ever.
 */
const LONGEST_TURN = 4;

/** In milliseconds: how long the end of a commit may block this process. */
const LONGEST_COMMIT = 10_000;

/** A store that records its own location. */
export interface StateStore extends Store {
  /** The recorded location of the state, if any. */
  home(): Promise<Home | undefined>;
  /** Records a new location of the state. */
  setHome(home: Home): Promise<void>;
}

/** A store in SQLite. */
export class SqliteStore implements StateStore {
  readonly #parts: StoreParts;
  #database: Database | undefined;
  /** Replaces a database that does not exist yet. */
  #empty: Database | undefined;
  #closed = false;
  /** The last write of this process: writes are queued in order of request. */
  #turn: Promise<unknown> = Promise.resolve();
  #hasWritten = false;
  /** Whether this process has found the file sound. */
  #isSound = false;

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  async read<T>(work: (snapshot: Snapshot) => T): Promise<T> {
    return this.#transact('read', (database) =>
      inScope(database, (scope) => work(snapshotOf(scope))),
    );
  }

  write<T>(work: (transaction: Transaction) => T): Promise<T> {
    const result = this.#turn.then(async () => {
      if (this.#hasWritten) await pause(Math.random() * LONGEST_TURN);
      this.#hasWritten = true;
      return this.#transact('write', (database) =>
        inScope(database, (scope) => work(transactionOf(scope, hasReserve(database)))),
      );
    });
    // The caller sees the error; the next writer does not inherit it.
    this.#turn = result.catch(() => {});
    return result;
  }

  /** The recorded location of the state, if any. */
  home(): Promise<Home | undefined> {
    return this.#transact('read', (database) => readHome(database));
  }

  /** Records a new location of the state. */
  async setHome(home: Home): Promise<void> {
    await this.#transact('write', (database) => writeHome(database, home));
  }

  async rehearse(): Promise<Store> {
    const { migrations, patience } = this.#parts;
    const copy = openMemoryDatabase(await loadSqlite());
    try {
      migrate(copy, migrations);
      await this.#transact('read', (database) => copyTables(database, copy));
    } catch (error) {
      copy.close();
      throw error;
    }
    return new SqliteStore({ open: () => copy, patience, migrations });
  }

  async verify(): Promise<readonly string[]> {
    try {
      return await this.#transact('read', (database) => findFaults(database));
    } catch (error) {
      if (hasCode(error, 'DATABASE_DAMAGED')) return [error.message];
      throw error;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#empty?.close();
    this.#database?.close();
  }

  async #transact<T>(mode: Mode, work: (database: Database) => T): Promise<T> {
    // A transaction that is requested inside another one begins after it: this function waits, and a transaction does
    // not.
    const sqlite = await loadSqlite();
    let busy: unknown;
    const done = await poll(() => {
      let database: Database;
      try {
        database = this.#begin(sqlite, mode);
      } catch (error) {
        if (!hasCode(error, 'DATABASE_BUSY')) throw error;
        busy = error;
        return undefined;
      }
      // In the same step: between two steps another transaction of this process could begin.
      return { result: finish(database, mode, work, this.#parts.patience) };
    }, this.#parts.patience);
    if (done === undefined) throw busy;
    return done.result;
  }

  #begin(sqlite: Sqlite, mode: Mode): Database {
    if (this.#closed) throw new KleenetError('DATABASE_UNAVAILABLE', 'the store is closed');
    const { open, migrations } = this.#parts;
    this.#database ??= open(sqlite, mode === 'write');
    if (this.#database === undefined) return this.#beginEmpty(sqlite);
    const database = this.#database;
    try {
      if (mode === 'write') {
        if (!this.#isSound) beginFirstWrite(database);
        this.#isSound = true;
        beginWrite(database, migrations);
      } else if (!beginRead(database, migrations)) return this.#beginEmpty(sqlite);
      return database;
    } catch (error) {
      database.rollback();
      throw error;
    }
  }

  #beginEmpty(sqlite: Sqlite): Database {
    this.#empty ??= openMemoryDatabase(sqlite);
    migrate(this.#empty, this.#parts.migrations);
    this.#empty.exec('BEGIN');
    return this.#empty;
  }
}

/** Runs the work of an open transaction, and ends it. */
function finish<T>(
  database: Database,
  mode: Mode,
  work: (database: Database) => T,
  patience: number,
): T {
  try {
    const result = work(database);
    if (isThenable(result)) throw new TypeError('the function of a transaction must not be async');
    // A read has nothing to commit; accidental writes are discarded.
    if (mode === 'write') commit(database, Math.min(patience, LONGEST_COMMIT));
    else database.exec('ROLLBACK');
    return result;
  } catch (error) {
    database.rollback();
    throw error;
  }
}

/**
 * The last step of a commit waits for present readers, which takes no longer than their reading. Meanwhile no process
 * begins to read, and none in this process can: it is in the middle of this call.
 */
function commit(database: Database, patience: number): void {
  database.exec(`PRAGMA busy_timeout = ${patience}`);
  try {
    database.exec('COMMIT');
  } finally {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
  }
  noteAsLeft(database);
}

function inScope<T>(database: Database, work: (scope: Scope) => T): T {
  const scope = new Scope(database);
  try {
    return work(scope);
  } finally {
    scope.end();
  }
}

/**
 * Nothing is written to a damaged file, not even where it is whole: that could overwrite what can still be saved. What
 * klee itself wrote last is not checked again.
 */
function beginFirstWrite(database: Database): void {
  if (isAsLeft(database)) return;
  database.exec('BEGIN');
  requireSound(database);
  database.exec('ROLLBACK');
}

/** Begins a transaction that holds the write lock from the start: it can neither starve nor fail half-way. */
function beginWrite(database: Database, migrations: readonly string[]): void {
  database.exec('BEGIN IMMEDIATE');
  migrate(database, migrations);
  if (hasReserve(database)) return;
  database.exec('COMMIT');
  makeReserve(database);
  database.exec('BEGIN IMMEDIATE');
  migrate(database, migrations);
}

/** Begins a transaction on the latest version; false when the database is still empty. */
function beginRead(database: Database, migrations: readonly string[]): boolean {
  database.exec('BEGIN');
  const version = versionOf(database, migrations);
  if (version === migrations.length) return true;
  database.exec('ROLLBACK');
  if (version === 0) return false;
  beginFirstWrite(database);
  beginWrite(database, migrations);
  database.exec('COMMIT; BEGIN');
  return true;
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
