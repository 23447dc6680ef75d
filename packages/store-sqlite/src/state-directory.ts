/** The state directory: private to its owner, and made on the first write. */
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { descriptorsExhausted, hasCode, KleenetError } from '@kleenet/core/errors';
import { forgetNote } from './as-left.ts';
import type { Sqlite } from './connection.ts';
import { Database } from './database.ts';
import { diskError, diskFull } from './disk.ts';
import { useFile } from './file-end.ts';
import { resultCode } from './sqlite-errors.ts';
import { endLog, openCopy, useLog } from './write-ahead-log.ts';

/** Owner and location of the state. */
export interface StateLocation {
  /** The state directory, as an absolute path. */
  readonly directory: string;
  /** The user id that klee runs as (`process.geteuid()`): state of another user is not trusted. */
  readonly uid: number;
}

/** In milliseconds. Longer waits poll without blocking the process. */
export const BUSY_TIMEOUT = 5;

const PRAGMAS = 'PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF';

/**
 * Pages stay in memory until the end of a transaction, whose length is known only then. The log keeps its length, as space
 * for the next one, and the store says when it is copied into the database.
 */
const OF_FILES =
  'PRAGMA cache_spill = OFF; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = -1';

/**
 * Opens the database.
 *
 * @param create - whether to create missing files; otherwise the result is undefined when there is no database
 * @throws KleenetError STATE_UNTRUSTED, PERMISSION_DENIED, DISK_FULL, DATABASE_UNAVAILABLE, DATABASE_DAMAGED,
 * DATABASE_MISSING, DATABASE_BUSY
 */
export function openStateDatabase(
  sqlite: Sqlite,
  location: StateLocation,
  create: boolean,
): Database | undefined {
  const name = pathOf(location);
  if (stateDirectoryExists(location)) requireNoOrphans(name, location);
  if (create) {
    createStateDirectory(location);
    createPrivateFile(name, location);
  } else if (!stateDirectoryExists(location) || !existsSync(name)) {
    return undefined;
  }
  const path = attempt(location, () => withoutLink(name));
  const pragmas = `${PRAGMAS}; ${OF_FILES}`;
  const database = Database.openKeepingLog(sqlite, path, pragmas, BUSY_TIMEOUT, () =>
    useFile(path),
  );
  try {
    useLog(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Opens the database where the index of its log could not be had. The caller has closed it.
 *
 * @param error - of {@link openStateDatabase}, or of the beginning of the first transaction
 * @returns undefined when the error is of another kind
 * @throws KleenetError DATABASE_BUSY
 */
export function reopenStateDatabase(
  sqlite: Sqlite,
  location: StateLocation,
  error: unknown,
): Database | undefined {
  const isOfSqlite = hasCode(error, ...NO_INDEX) && resultCode(error.cause) !== undefined;
  const name = pathOf(location);
  if (!isOfSqlite || !existsSync(name)) return undefined;
  const path = attempt(location, () => withoutLink(name));
  if (error.code === 'STATE_READ_ONLY') return openCopy(sqlite, path);
  try {
    endLog(sqlite, path, BUSY_TIMEOUT);
  } catch (later) {
    if (hasCode(later, 'DATABASE_BUSY')) throw later;
    return undefined;
  }
  return openStateDatabase(sqlite, location, false);
}

/** What SQLite's errors about the index become. */
const NO_INDEX = ['DISK_FULL', 'DATABASE_UNAVAILABLE', 'STATE_READ_ONLY'] as const;

function pathOf({ directory }: StateLocation): string {
  return join(directory, 'kleenet.db');
}

/** SQLite has the other files beside the database itself, not beside a link to it. */
function withoutLink(path: string): string {
  return lstatSync(path).isSymbolicLink() ? realpathSync(path) : path;
}

/** A database in memory, with the rules of one in a file. */
export function openMemoryDatabase(sqlite: Sqlite): Database {
  return Database.open(sqlite, ':memory:', PRAGMAS, 0);
}

/** Makes the state directory if it does not exist. @throws see {@link openStateDatabase} */
export function createStateDirectory(location: StateLocation): void {
  if (stateDirectoryExists(location)) return;
  attempt(location, () => mkdirSync(location.directory, { recursive: true, mode: 0o700 }));
  // Another process may have made it meanwhile.
  stateDirectoryExists(location);
}

/** Runs a file operation below the state directory; its errors become KleenetErrors. */
export function attempt<T>(location: StateLocation, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw fileError(error, location);
  }
}

function stateDirectoryExists(location: StateLocation): boolean {
  const stats = attempt(location, () => statSync(location.directory, { throwIfNoEntry: false }));
  if (stats === undefined) return false;
  const { directory, uid } = location;
  if (!stats.isDirectory()) {
    throw new KleenetError(
      'DATABASE_UNAVAILABLE',
      `the state directory ${directory} is not a directory`,
      {
        hint: 'choose another one with --root DIR',
        details: { directory },
      },
    );
  }
  if (stats.uid === 0 && uid !== 0) throw denied(location, 'it belongs to root');
  if (stats.uid !== uid) {
    throw untrusted(
      location,
      `it belongs to the user ${stats.uid}, and klee runs as ${uid}`,
      `chown ${uid}`,
    );
  }
  if ((stats.mode & 0o077) !== 0) {
    throw untrusted(
      location,
      `other users have access to it (mode ${octal(stats.mode)})`,
      'chmod 700',
    );
  }
  return true;
}

/** Directories of the state that are only non-empty when the database has records of their content. */
const KNOWN_TO_DATABASE = ['containers', 'images'];

/**
 * A lost database is not treated as a new state: its resources would remain on the host, and its addresses would be
 * leased again.
 */
function requireNoOrphans(path: string, location: StateLocation): void {
  const stats = attempt(location, () => statSync(path, { throwIfNoEntry: false }));
  if (stats !== undefined && (!stats.isFile() || stats.size > 0)) return;
  const { directory } = location;
  const full = KNOWN_TO_DATABASE.find((name) => hasEntries(join(directory, name), location));
  if (full === undefined) return;
  const problem = stats === undefined ? 'missing' : 'empty';
  throw new KleenetError(
    'DATABASE_MISSING',
    `the database of the state directory ${directory} is ${problem}, but its ${full} is not empty`,
    {
      hint: `restore kleenet.db from a backup; to start over, move ${directory} away`,
      details: { directory, problem },
    },
  );
}

function hasEntries(path: string, location: StateLocation): boolean {
  return attempt(location, () => existsSync(path) && readdirSync(path).length > 0);
}

function createPrivateFile(path: string, location: StateLocation): void {
  if (existsSync(path)) return;
  try {
    // Only a file that this process has not opened: closing any descriptor of a file drops this process's locks on it.
    attempt(location, () => closeSync(openSync(path, 'ax', 0o600)));
    forgetNote(path);
  } catch (error) {
    if (!(hasCode(error, 'DATABASE_UNAVAILABLE') && error.details['reason'] === 'EEXIST'))
      throw error;
  }
}

function untrusted({ directory }: StateLocation, problem: string, remedy: string): KleenetError {
  return new KleenetError(
    'STATE_UNTRUSTED',
    `the state directory ${directory} is not trusted: ${problem}`,
    {
      // A directory that klee has not made may have other content that other users need.
      hint: existsSync(join(directory, 'kleenet.db'))
        ? `if its contents are yours, run: ${remedy} ${directory}`
        : 'choose a directory that only klee uses with --root DIR',
      details: { directory },
    },
  );
}

function denied({ directory, uid }: StateLocation, problem: string, cause?: unknown): KleenetError {
  return new KleenetError(
    'PERMISSION_DENIED',
    `the state directory ${directory} cannot be used: ${problem}`,
    {
      hint: `${uid === 0 ? '' : 'run klee as root, or '}choose a directory of your own with --root DIR`,
      details: { directory },
      cause,
    },
  );
}

function fileError(error: unknown, location: StateLocation): unknown {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return error;
  const exhausted = descriptorsExhausted(error);
  if (exhausted !== undefined) return exhausted;
  const { directory } = location;
  const { code: reason } = error;
  if (reason === 'EACCES' || reason === 'EPERM')
    return denied(location, 'permission denied', error);
  const details = { directory, reason };
  if (reason === 'ENOSPC' || reason === 'EDQUOT')
    return diskFull(join(directory, 'locks'), details, error);
  // Node reports a read-only disk in more than one way.
  const ofDisk = diskError(join(directory, 'locks'), details, error);
  if (ofDisk !== undefined) return ofDisk;
  return new KleenetError(
    'DATABASE_UNAVAILABLE',
    `the state directory ${directory} cannot be used: ${error.message}`,
    {
      hint: 'choose another directory with --root DIR',
      details: { directory, reason },
      cause: error,
    },
  );
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8);
}
