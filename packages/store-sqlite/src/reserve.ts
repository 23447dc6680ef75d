/**
 * Room that is kept for those who remove something, so that a full disk can be emptied by klee itself.
 *
 * The room is inside the files, where nobody else can take it: pages of the database that hold nothing, and a rollback
 * journal that keeps its length between transactions. A change that fits into them only writes over what the file
 * system has already given. Whoever adds objects is refused before that room is used up.
 */
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { hasCode } from '@kleenet/core/errors';
import type { Database } from './database.ts';

/** In pages: removing a container changes about twenty, and leaves more free pages than it takes. */
const FEWEST_PAGES = 16;
const ADDED_PAGES = 24;
const PAGE_SIZE = 4096;

/** In bytes: a journal holds what each changed page was before. */
const JOURNAL_SIZE = 256 * 1024;

/** Whether the room is there. A database in memory needs none. */
export function hasReserve(database: Database): boolean {
  if (database.path === ':memory:') return true;
  const free = Number(database.get('PRAGMA freelist_count')?.['freelist_count']);
  return free >= FEWEST_PAGES && journalSize(database) >= JOURNAL_SIZE;
}

/**
 * Makes the room, outside of any transaction, where the disk has it. The pages are given back in a second transaction:
 * SQLite does not write what one has both made and freed, and the file system would give nothing for them.
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
    // The journal is nobody else's as long as the write lock is held.
    lengthenJournal(database);
    database.exec('COMMIT');
  } catch (error) {
    database.rollback();
    if (hasCode(error, 'DISK_FULL', 'STATE_READ_ONLY', 'DATABASE_UNAVAILABLE')) return;
    throw error;
  }
}

/** A journal that begins with zeros is one that nothing is to be rolled back from. */
function lengthenJournal(database: Database): void {
  const missing = JOURNAL_SIZE - journalSize(database);
  if (missing <= 0) return;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(journalOf(database), 'a', 0o600);
    writeSync(descriptor, Buffer.alloc(missing));
  } catch (error) {
    // A disk that is full now may have room later.
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
