/**
 * Space reserved for removals, so that klee itself can free a full disk.
 *
 * The space is inside the files, where no other process can take it: free pages of the database, a log that keeps its
 * length, and the same for the rollback journal that takes its place when the log cannot be used. A change that fits into
 * them only overwrites allocated blocks. Adding objects is refused before the reserve is used up.
 */
import { hasCode } from '@kleenet/core/errors';
import type { Database } from './database.ts';
import { lengthen, PAGE_SIZE, sizeOf } from './files.ts';
import { commitDurably } from './commit.ts';
import { hasLogReserve, isLogged, lengthenLog } from './write-ahead-log.ts';

/** In pages: removing a container changes about twenty, and frees more pages than it takes. */
const FEWEST_PAGES = 16;
const ADDED_PAGES = 24;

/** Why there may be no reserve now. */
const LACKS = [
  'DISK_FULL',
  'STATE_READ_ONLY',
  'DESCRIPTORS_EXHAUSTED',
  'DATABASE_UNAVAILABLE',
] as const;

/** In bytes: a journal holds the previous content of each changed page. One that begins with zeros is not rolled back. */
const JOURNAL_SIZE = 256 * 1024;

/** Whether the reserve exists. A database in memory needs none. */
export function hasReserve(database: Database): boolean {
  if (database.path === ':memory:') return true;
  return (
    Number(database.pragma('freelist_count')) >= FEWEST_PAGES &&
    sizeOf(journalOf(database)) >= JOURNAL_SIZE &&
    (!isLogged(database) || hasLogReserve(database))
  );
}

/**
 * Allocates the reserve, outside of any transaction, if the disk has the space. The pages are freed in a second
 * transaction: SQLite does not write pages that one transaction both makes and frees, so without a log the file system
 * would allocate nothing. In between another process may have its turn: it must not take the pages for lacking.
 */
export function makeReserve(database: Database): void {
  try {
    database.exec('BEGIN IMMEDIATE');
    if (hasReserve(database)) return database.rollback();
    database.exec(`
      CREATE TABLE IF NOT EXISTS reserve (data);
      INSERT INTO reserve VALUES (zeroblob(${ADDED_PAGES * PAGE_SIZE}))`);
    commitDurably(database);
    database.exec('BEGIN IMMEDIATE');
    freeReserve(database);
    commitDurably(database);
  } catch (error) {
    database.rollback();
    if (hasCode(error, ...LACKS)) return;
    throw error;
  }
}

/**
 * Frees the pages of a reserve that is being made, also by another process, and gives the journal and the log their lengths:
 * in a write transaction, which protects them as well.
 */
export function freeReserve(database: Database): void {
  if (hasReserve(database)) return;
  database.exec('DROP TABLE IF EXISTS reserve');
  lengthen(journalOf(database), JOURNAL_SIZE);
  if (isLogged(database)) lengthenLog(database);
}

function journalOf({ path }: Database): string {
  return `${path}-journal`;
}
