/** A common interface of the two SQLite libraries: Node's own, and better-sqlite3 for a Node without it. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { getBuiltinModule } from 'node:process';
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
  /** Opens an existing file for reading only. */
  readonly openReader: (path: string) => Connection;
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
  return (loaded ??= loadAny());
}

async function loadAny(): Promise<Sqlite> {
  return loadBuiltin() ?? loadBetterSqlite();
}

/**
 * Whether a warning is Node's notice that `node:sqlite` is experimental, which does not help users. Node 22 and 24 emit
 * it when the first database is opened; the owner of the process filters it.
 */
export function isSqliteWarning(warning: Error): boolean {
  return warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite is an ');
}

/**
 * Node's own. A Node may be too old for it (before 22.13), be built without it, or have it only with a flag. `import()`
 * would need half a millisecond to find that out.
 */
function loadBuiltin(): Sqlite | undefined {
  const { DatabaseSync } = getBuiltinModule('node:sqlite') ?? {};
  if (DatabaseSync === undefined) return undefined;
  return {
    open(path, busyTimeout) {
      const connection = new DatabaseSync(path);
      if (busyTimeout > 0) connection.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
      return connection;
    },
    openReader: (path) => new DatabaseSync(path, { readOnly: true }),
  };
}

async function loadBetterSqlite(): Promise<Sqlite> {
  const nativeBinding = findNativePart();
  const { default: Database } = await import('better-sqlite3');
  return {
    open(path, timeout) {
      try {
        return new Database(path, { timeout, nativeBinding });
      } catch (error) {
        // The library loads its native part with the first database.
        if (!hasCode(error, 'ERR_DLOPEN_FAILED')) throw error;
        throw missing('better-sqlite3 does not load in this Node.js', error);
      }
    },
    openReader: (path) => new Database(path, { timeout: 0, nativeBinding, readonly: true }),
  };
}

/**
 * The path of what npm has compiled. Naming it saves the library a search through a dozen directories. The library itself
 * may be part of a bundle, and a native part of another version may end the process.
 */
function findNativePart(): string {
  const folder = findPackage();
  if (folder === undefined) throw missing('this Node.js has no SQLite');
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  if (!version.startsWith(`${BETTER_SQLITE}.`))
    throw missing(`better-sqlite3 ${version} is another version than klee uses`);
  const path = join(folder, 'build/Release/better_sqlite3.node');
  if (!existsSync(path)) throw missing('this Node.js has no SQLite');
  return path;
}

/** As Node.js searches for a package, which takes it a millisecond. */
function findPackage(): string | undefined {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules/better-sqlite3');
    if (existsSync(join(path, 'package.json'))) return path;
    if (folder === dirname(folder)) return undefined;
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
