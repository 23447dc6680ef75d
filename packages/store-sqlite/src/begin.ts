/** The beginning of a transaction. */
import { isAsLeft, requireCommits } from './as-left.ts';
import { commitDurably } from './commit.ts';
import type { Database } from './database.ts';
import { freeReserve, hasReserve, makeReserve } from './reserve.ts';
import { migrate, versionOf } from './schema.ts';
import { requireSound } from './verify.ts';
import { beginLog, shortenLog, wantsLog } from './write-ahead-log.ts';

/**
 * Nothing is written to a damaged file, not even where it is whole: that could overwrite what can still be saved. What
 * klee itself wrote last is not checked again.
 */
export function beginFirstWrite(database: Database, notedCommit: number): void {
  if (isAsLeft(database)) return;
  database.exec('BEGIN');
  requireSound(database);
  requireCommits(database, notedCommit);
  database.exec('ROLLBACK');
}

/** How often what a write needs is prepared: other processes may use it up before the write has its turn. */
const PREPARATIONS = 3;

/** Begins a transaction that holds the write lock from the start: it can neither starve nor fail half-way. */
export function beginWrite(
  database: Database,
  migrations: readonly string[],
  mayBeginLog: boolean,
): void {
  shortenLog(database);
  for (let left = PREPARATIONS; ; left -= 1) {
    database.exec('BEGIN IMMEDIATE');
    migrate(database, migrations);
    const beginsLog = mayBeginLog && wantsLog(database);
    freeReserve(database);
    if (left === 0 || (hasReserve(database) && !beginsLog)) return;
    commitDurably(database);
    if (beginsLog) beginLog(database);
    makeReserve(database);
  }
}

/** Begins a transaction on the latest version; false when the database is still empty. */
export function beginRead(
  database: Database,
  migrations: readonly string[],
  notedCommit: number,
  mayBeginLog: boolean,
): boolean {
  database.exec('BEGIN');
  const version = versionOf(database, migrations);
  if (version === migrations.length) return true;
  database.exec('ROLLBACK');
  if (version === 0) return false;
  beginFirstWrite(database, notedCommit);
  beginWrite(database, migrations, mayBeginLog);
  commitDurably(database);
  database.exec('BEGIN');
  return true;
}
