/** A common interface of the two SQLite libraries: Node's own, and better-sqlite3 for a Node without it. */
import { createRequire } from 'node:module';
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

/** The versions of better-sqlite3 that klee is tested with; 13 does not run on Node 20. */
const BETTER_SQLITE = '12.11';

let loaded: Promise<Sqlite> | undefined;

/**
 * Loads the library, the first time that one is needed.
 *
 * @throws KleenetError TOOL_MISSING
 */
export function loadSqlite(): Promise<Sqlite> {
  loaded ??= loadBuiltin().then((builtin) => builtin ?? loadBetterSqlite());
  return loaded;
}

/**
 * Whether a warning is Node's notice that `node:sqlite` is experimental, which does not help users. Node 22 and 24 emit
 * it when the first database is opened; the owner of the process filters it.
 */
export function isSqliteWarning(warning: Error): boolean {
  return warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite is an ');
}

/** Node's own. A Node may be too old for it (before 22.13), be built without it, or have it only with a flag. */
async function loadBuiltin(): Promise<Sqlite | undefined> {
  try {
    const { DatabaseSync } = await import('node:sqlite');
    return {
      open(path, busyTimeout) {
        const connection = new DatabaseSync(path);
        if (busyTimeout > 0) connection.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
        return connection;
      },
    };
  } catch (error) {
    if (hasCode(error, 'ERR_UNKNOWN_BUILTIN_MODULE')) return undefined;
    throw error;
  }
}

async function loadBetterSqlite(): Promise<Sqlite> {
  const nativeBinding = findNativePart();
  try {
    const { default: Database } = await import('better-sqlite3');
    // The library loads its native part with the first database.
    new Database(':memory:', { nativeBinding }).close();
    return { open: (path, timeout) => new Database(path, { timeout, nativeBinding }) };
  } catch (error) {
    throw missing('better-sqlite3 does not load in this Node.js', error);
  }
}

/**
 * The path of what npm has compiled. Naming it saves the library a search through a dozen directories. The library itself
 * may be part of a bundle, and a native part of another version may end the process.
 */
function findNativePart(): string {
  const require = createRequire(import.meta.url);
  try {
    const { version } = require('better-sqlite3/package.json') as { readonly version: string };
    if (!version.startsWith(`${BETTER_SQLITE}.`))
      throw missing(`better-sqlite3 ${version} is another version than klee uses`);
    return require.resolve('better-sqlite3/build/Release/better_sqlite3.node');
  } catch (error) {
    if (hasCode(error, 'MODULE_NOT_FOUND')) throw missing('this Node.js has no SQLite', error);
    throw error;
  }
}

function missing(what: string, cause?: unknown): KleenetError {
  return new KleenetError('TOOL_MISSING', what, {
    hint: `use Node.js 22.13 or later, or klee as one file; or add SQLite to this one, where klee is installed: npm install better-sqlite3@${BETTER_SQLITE}`,
    ...(cause === undefined ? {} : { cause }),
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
