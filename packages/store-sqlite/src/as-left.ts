/**
 * A note of how klee left the database: the number of the last commit, and what the system says of the files. A file that
 * is still so needs no check of its pages, however large it is. A database with fewer commits has lost some: to SQLite, a
 * log that was damaged or deleted ends earlier, or is not there.
 *
 * The note stands beside the database, is written after a commit, and is never synced: after a crash it tells of an
 * earlier commit, or of other files, which the next command then checks.
 */
import { type BigIntStats, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Database } from './database.ts';
import { KleenetError } from '@kleenet/core/errors';
import { isSystemError, sizeOf } from './files.ts';

/** Whether klee alone has written to the files since the last {@link noteAsLeft}. */
export function isAsLeft(database: Database): boolean {
  if (database.path === ':memory:') return true;
  const [, ...files] = readNote(database.path);
  return files.join('\n') === describe(database.path);
}

/** Call it after a commit, with its number. */
export function noteAsLeft({ path }: Database, commit: number): void {
  if (path === ':memory:') return;
  try {
    writeFileSync(noteOf(path), `${commit}\n${describe(path)}`, { mode: 0o600 });
  } catch (error) {
    // On a full disk, for example: what was committed is kept all the same, and the next command checks.
    if (!isSystemError(error)) throw error;
  }
}

/** Of a database that was deleted: a new one in its place has fewer commits. */
export function forgetNote(path: string): void {
  try {
    rmSync(noteOf(path), { force: true });
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

/** The commit that the database has at least; 0 if the note does not say. Call it before the database is read. */
export function lastNotedCommit({ path }: Database): number {
  // An empty file is a new database.
  if (path === ':memory:' || sizeOf(path) === 0) return 0;
  const [commit = ''] = readNote(path);
  return /^\d{1,15}$/.test(commit) ? Number(commit) : 0;
}

/** Counts the commit of the open transaction, and returns its number. */
export function countCommit(database: Database): number {
  const [row] = database.all('UPDATE commits SET number = number + 1 RETURNING number');
  return Number(row?.['number']);
}

/**
 * Looks, in an open transaction, whether the commits up to a noted one are there.
 *
 * @throws KleenetError DATABASE_DAMAGED
 */
export function requireCommits(database: Database, noted: number): void {
  if (noted === 0) return;
  const missing = noted - commitsOf(database);
  if (missing <= 0) return;
  const { path } = database;
  throw new KleenetError(
    'DATABASE_DAMAGED',
    `the database ${path} is older than klee left it: its last commits are missing (${missing})`,
    {
      hint: `if ${path}-wal was lost, restore all files of a backup; to go on with the older state, delete ${path}-stat`,
      details: { path, reason: 'commits are missing', missing },
    },
  );
}

function commitsOf(database: Database): number {
  const tables = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'commits'";
  if (database.all(tables).length === 0) return 0;
  return Number(database.all('SELECT number FROM commits')[0]?.['number'] ?? 0);
}

/** Its lines; none when it cannot be read. */
function readNote(path: string): readonly string[] {
  try {
    return readFileSync(noteOf(path), 'utf8').split('\n');
  } catch (error) {
    if (isSystemError(error)) return [];
    throw error;
  }
}

/**
 * The database and its log. The time of the last change cannot be set by a program that restores a file (stat(2),
 * `st_ctime`). Of the log it says nothing: SQLite, run by root, sets the owner of a log whenever it opens one.
 */
function describe(path: string): string {
  return [
    describeFile(path, ['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs']),
    describeFile(`${path}-wal`, ['dev', 'ino', 'size', 'mtimeNs']),
  ].join('\n');
}

function describeFile(path: string, members: readonly (keyof BigIntStats)[]): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? 'missing' : members.map((member) => stats[member]).join(' ');
}

function noteOf(path: string): string {
  return `${path}-stat`;
}
