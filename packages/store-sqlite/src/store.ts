import type { Snapshot, Store, Transaction } from '@kleenet/core';
import { hasCode, KleenetError } from '@kleenet/core/errors';
import { loadSqlite, type Sqlite } from './connection.ts';
import { copyTables } from './copy.ts';
import { type Database, Scope } from './database.ts';
import { type Home, readHome, writeHome } from './home.ts';
import { countCommit, lastNotedCommit, noteAsLeft, requireCommits } from './as-left.ts';
import { beginFirstWrite, beginRead, beginWrite } from './begin.ts';
import { pause, poll } from './poll.ts';
import { commitDurably } from './commit.ts';
import { hasReserve } from './reserve.ts';
import { migrate } from './schema.ts';
import { BUSY_TIMEOUT, openMemoryDatabase } from './state-directory.ts';
import { snapshotOf, transactionOf } from './transaction.ts';
import { findFaults } from './verify.ts';

/** Parameters of a store. */
export interface StoreParts {
  /** Opens the database; without `create` the result is undefined when there is none. */
  readonly open: (sqlite: Sqlite, create: boolean) => Database | undefined;
  /** Opens the database in another way after an error of opening it or of beginning a transaction, if there is one. */
  readonly reopen?: (sqlite: Sqlite, error: unknown) => Database | undefined;
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
  /** The commit that the database must have, until that is checked. */
  #noted = 0;
  /** Whether this process has found the file sound. */
  #isSound = false;
  /** Whether a log may be begun. */
  #mayBeginLog = true;

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
    this.#closeDatabase();
  }

  #closeDatabase(): void {
    const database = this.#database;
    this.#database = undefined;
    this.#isSound = false;
    database?.close();
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
      return { result: this.#finish(database, mode, work) };
    }, this.#parts.patience);
    if (done === undefined) throw busy;
    return done.result;
  }

  #finish<T>(database: Database, mode: Mode, work: (database: Database) => T): T {
    try {
      return finish(database, mode, work, this.#parts.patience);
    } catch (error) {
      // It may be another file by now: the next transaction opens it anew.
      if (!this.#closed && hasCode(error, 'DATABASE_UNAVAILABLE')) this.#closeDatabase();
      throw error;
    }
  }

  #begin(sqlite: Sqlite, mode: Mode): Database {
    // The original of a copy may have changed since.
    if (this.#database?.isCopy === true) this.#closeDatabase();
    try {
      return this.#tryToBegin(sqlite, mode);
    } catch (error) {
      if (this.#closed || !mayLackIndex(error, mode)) throw error;
      this.#closeDatabase();
      this.#use(this.#parts.reopen?.(sqlite, error));
      // The index may be impossible here, not only now: a file system may lack shared memory.
      this.#mayBeginLog = false;
      if (this.#database === undefined) throw error;
      return this.#tryToBegin(sqlite, mode);
    }
  }

  #use(database: Database | undefined): void {
    this.#database = database;
    this.#noted = database === undefined ? 0 : lastNotedCommit(database);
  }

  #tryToBegin(sqlite: Sqlite, mode: Mode): Database {
    if (this.#closed) throw new KleenetError('DATABASE_UNAVAILABLE', 'the store is closed');
    const { open, migrations } = this.#parts;
    if (this.#database === undefined) this.#use(open(sqlite, mode === 'write'));
    if (this.#database === undefined) return this.#beginEmpty(sqlite);
    const database = this.#database;
    try {
      if (mode === 'write') {
        if (!this.#isSound) beginFirstWrite(database, this.#noted);
        this.#isSound = true;
        beginWrite(database, migrations, this.#mayBeginLog);
      } else if (!beginRead(database, migrations, this.#noted, this.#mayBeginLog))
        return this.#beginEmpty(sqlite);
      requireCommits(database, this.#noted);
      this.#noted = 0;
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

/** Whether the index of the log may be what was missing; no copy is opened for writing. */
function mayLackIndex(error: unknown, mode: Mode): boolean {
  if (hasCode(error, 'STATE_READ_ONLY')) return mode === 'read';
  return hasCode(error, 'DISK_FULL', 'DATABASE_UNAVAILABLE');
}

/** Runs the work of an open transaction, and ends it. */
function finish<T>(
  database: Database,
  mode: Mode,
  work: (database: Database) => T,
  patience: number,
): T {
  try {
    const before = database.countChanges();
    const result = work(database);
    if (isThenable(result)) throw new TypeError('the function of a transaction must not be async');
    // A read has nothing to commit; accidental writes are discarded.
    if (mode === 'read') database.exec('ROLLBACK');
    else commit(database, database.countChanges() > before, Math.min(patience, LONGEST_COMMIT));
    return result;
  } catch (error) {
    database.rollback();
    throw error;
  }
}

/**
 * Without a log, the last step of a commit waits for present readers, which takes no longer than their reading. Meanwhile no
 * process begins to read, and none in this process can: it is in the middle of this call.
 */
function commit(database: Database, hasChanged: boolean, patience: number): void {
  const number = hasChanged ? countCommit(database) : undefined;
  database.exec(`PRAGMA busy_timeout = ${patience}`);
  try {
    if (hasChanged) commitDurably(database);
    else database.exec('COMMIT');
  } finally {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
  }
  if (number !== undefined) noteAsLeft(database, number);
}

function inScope<T>(database: Database, work: (scope: Scope) => T): T {
  const scope = new Scope(database);
  try {
    return work(scope);
  } finally {
    scope.end();
  }
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
