import type { Snapshot, Store, Transaction } from '@kleenet/core';
import { hasCode, KleenetError } from '@kleenet/core/errors';
import { loadSqlite, type Sqlite } from './connection.ts';
import { copyTables } from './copy.ts';
import { type Database, Scope } from './database.ts';
import { type Home, readHome, writeHome } from './home.ts';
import { pause, poll } from './poll.ts';
import { hasReserve, makeReserve } from './reserve.ts';
import { migrate, versionOf } from './schema.ts';
import { BUSY_TIMEOUT, openMemoryDatabase } from './state-directory.ts';
import { snapshotOf, transactionOf } from './transaction.ts';
import { findFaults } from './verify.ts';

/** What a store is made of. */
export interface StoreParts {
  /** Opens the database; without `create` the result is undefined when there is none. */
  readonly open: (sqlite: Sqlite, create: boolean) => Database | undefined;
  /** How long a transaction waits for other processes, in milliseconds. */
  readonly patience: number;
  readonly migrations: readonly string[];
}

type Mode = 'read' | 'write';

/**
 * In milliseconds. Whoever writes again lets go of the file for so long: those who wait look for it now and then only, and
 * would find it taken for ever.
 */
const LONGEST_TURN = 4;

/** In milliseconds: how long the end of a commit may block this process. */
const LONGEST_COMMIT = 10_000;

/** A store that knows where it lives. */
export interface StateStore extends Store {
  /** Where the state was written, if it says so. */
  home(): Promise<Home | undefined>;
  /** Records where the state lives from now on. */
  setHome(home: Home): Promise<void>;
}

/** A store in SQLite. */
export class SqliteStore implements StateStore {
  readonly #parts: StoreParts;
  #database: Database | undefined;
  /** Stands in for a database that is not there yet. */
  #empty: Database | undefined;
  #closed = false;
  /** The last write of this process: they take turns, in the order in which they were asked for. */
  #turn: Promise<unknown> = Promise.resolve();
  #hasWritten = false;

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
    // Who asked for it sees its error; the next one does not.
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Where the state was written, if it says so. */
  home(): Promise<Home | undefined> {
    return this.#transact('read', (database) => readHome(database));
  }

  /** Records where the state lives from now on. */
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
    // Whatever is asked for inside a transaction begins after it: this waits, and a transaction does not.
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
      // In the same step: between two of them another transaction of this process may begin.
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
      if (mode === 'write') beginWrite(database, migrations);
      else if (!beginRead(database, migrations)) return this.#beginEmpty(sqlite);
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

/** Does the work of a transaction that has begun, and ends it. */
function finish<T>(
  database: Database,
  mode: Mode,
  work: (database: Database) => T,
  patience: number,
): T {
  try {
    const result = work(database);
    if (isThenable(result)) throw new TypeError('the function of a transaction must not be async');
    // SQLite has nothing to commit after a read; what was written by mistake is not kept.
    if (mode === 'write') commit(database, Math.min(patience, LONGEST_COMMIT));
    else database.exec('ROLLBACK');
    return result;
  } catch (error) {
    database.rollback();
    throw error;
  }
}

/**
 * The last step of a commit waits for those who read at this moment, which takes no longer than their reading. Meanwhile
 * nobody begins to read, and none of this process does: it is in the middle of this call.
 */
function commit(database: Database, patience: number): void {
  database.exec(`PRAGMA busy_timeout = ${patience}`);
  try {
    database.exec('COMMIT');
  } finally {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
  }
}

function inScope<T>(database: Database, work: (scope: Scope) => T): T {
  const scope = new Scope(database);
  try {
    return work(scope);
  } finally {
    scope.end();
  }
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

/** Begins a transaction on the last version; false when there is nothing in the database yet. */
function beginRead(database: Database, migrations: readonly string[]): boolean {
  database.exec('BEGIN');
  const version = versionOf(database, migrations);
  if (version === migrations.length) return true;
  database.exec('ROLLBACK');
  if (version === 0) return false;
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
