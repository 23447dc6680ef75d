/**
 * Space reserved for removals, so that klee itself can free a full disk.
 *
 * The space is inside the files, where no other process can take it: free pages of the database, and a rollback journal
 * that keeps its length between transactions. A change that fits into them only overwrites allocated blocks. Adding
 * objects is refused before the reserve is used up.
 */
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { hasCode } from '@kleenet/core/errors';
import type { Database } from './database.ts';

/** In pages: removing a container changes about twenty, and frees more pages than it takes. */
const FEWEST_PAGES = 16;
const ADDED_PAGES = 24;
const PAGE_SIZE = 4096;

/** Why there may be no reserve now. */
const LACKS = [
  'DISK_FULL',
  'STATE_READ_ONLY',
  'DESCRIPTORS_EXHAUSTED',
  'DATABASE_UNAVAILABLE',
] as const;

/** In bytes: a journal holds the previous content of each changed page. */
const JOURNAL_SIZE = 256 * 1024;

/** Whether the reserve exists. A database in memory needs none. */
export function hasReserve(database: Database): boolean {
  if (database.path === ':memory:') return true;
  const free = Number(database.get('PRAGMA freelist_count')?.['freelist_count']);
  return free >= FEWEST_PAGES && journalSize(database) >= JOURNAL_SIZE;
}

/**
 * Allocates the reserve, outside of any transaction, if the disk has the space. The pages are freed in a second
 * transaction: SQLite does not write pages that one transaction both makes and frees, so the file system would allocate
 * nothing.
 */
export function makeReserve(database: Database): void {
  try {
    database.exec(`
      BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS reserve (data);
      INSERT INTO reserve VALUES (zeroblob(${ADDED_PAGES * PAGE_SIZE}));
      COMMIT;
      BEGIN IMMEDIATE;
      DROP TABLE IF EXISTS reserve`);
    // The write lock protects the journal as well.
    lengthenJournal(database);
    database.exec('COMMIT');
  } catch (error) {
    database.rollback();
    if (hasCode(error, ...LACKS)) return;
    throw error;
  }
}

/** A journal that begins with zeros is not rolled back. */
function lengthenJournal(database: Database): void {
  const missing = JOURNAL_SIZE - journalSize(database);
  if (missing <= 0) return;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(journalOf(database), 'a', 0o600);
    writeSync(descriptor, Buffer.alloc(missing));
  } catch (error) {
    // A full disk may have space later.
    if (!(error instanceof Error && 'code' in error)) throw error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function journalSize(database: Database): number {
  return statSync(journalOf(database), { throwIfNoEntry: false })?.size ?? 0;
}

function journalOf({ path }: Database): string {
  return `${path}-journal`;
}
