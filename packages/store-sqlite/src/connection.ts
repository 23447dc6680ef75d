/** A common interface of the two SQLite libraries: Node's own, and better-sqlite3 for a Node without it. */
import { createRequire, isBuiltin } from 'node:module';
import { KleenetError } from '@kleenet/core/errors';

/** Values that can be bound to a parameter. */
export type Value = string | number | bigint | null;

/** A prepared statement. Rows are plain objects by column name. */
export interface Statement {
  get(...values: Value[]): unknown;
  all(...values: Value[]): unknown[];
  run(...values: Value[]): { readonly changes: number | bigint };
}

/** An open database file. `close` rolls back open transactions, and releases every lock. */
export interface Connection {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
}

/** A SQLite library. */
export interface Sqlite {
  /**
   * Opens a database file, and makes an empty one if there is none.
   *
   * @param busyTimeout - how long SQLite itself waits for a lock, in milliseconds. It blocks the whole process, so keep
   * it short.
   * @throws what the library throws
   */
  readonly open: (path: string, busyTimeout: number) => Connection;
}

let loaded: Promise<Sqlite> | undefined;

/**
 * Loads the library, the first time that one is needed.
 *
 * @throws KleenetError TOOL_MISSING
 */
export function loadSqlite(): Promise<Sqlite> {
  // Also false for a Node that hides the module behind a flag (before 22.13).
  loaded ??= isBuiltin('node:sqlite') ? loadBuiltin() : loadBetterSqlite();
  return loaded;
}

/**
 * Whether a warning is Node's notice that `node:sqlite` is experimental, which does not help users. Node 22 and 24 emit
 * it when the first database is opened; the owner of the process filters it.
 */
export function isSqliteWarning(warning: Error): boolean {
  return warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite is an ');
}

async function loadBuiltin(): Promise<Sqlite> {
  const { DatabaseSync } = await import('node:sqlite');
  return {
    open(path, busyTimeout) {
      const connection = new DatabaseSync(path);
      if (busyTimeout > 0) connection.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
      return connection;
    },
  };
}

async function loadBetterSqlite(): Promise<Sqlite> {
  try {
    const { default: Database } = await import('better-sqlite3');
    const nativeBinding = findBinding();
    const options = nativeBinding === undefined ? {} : { nativeBinding };
    // The library loads its native part with the first database.
    new Database(':memory:', options).close();
    return { open: (path, timeout) => new Database(path, { timeout, ...options }) };
  } catch (error) {
    throw new KleenetError('TOOL_MISSING', 'this Node.js has no working SQLite', {
      hint: 'use Node.js 22.13 or later, which has SQLite built in, or install better-sqlite3 for this one',
      cause: error,
    });
  }
}

/** The path where npm puts the native part. Naming it saves the library a search through a dozen directories. */
function findBinding(): string | undefined {
  const { resolve } = createRequire(import.meta.url);
  try {
    return resolve('better-sqlite3/build/Release/better_sqlite3.node');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')
      return undefined;
    throw error;
  }
}
