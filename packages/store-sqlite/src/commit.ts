/** The end of a write transaction. */
import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import type { Database } from './database.ts';
import { allocateEnd } from './file-end.ts';
import { isSystemError } from './files.ts';
import { fileError } from './sqlite-errors.ts';
import { isLogged, logOf } from './write-ahead-log.ts';

/**
 * Commits. With a log, SQLite would synchronise the directory as well with the first commit of each process. So it is told
 * to leave that out (`synchronous = NORMAL`), and the log is synchronised here: once, with all commits in it.
 *
 * @throws KleenetError DISK_FULL, DATABASE_UNAVAILABLE
 */
export function commitDurably(database: Database): void {
  if (!isLogged(database)) return database.exec('COMMIT');
  allocateEnd(database);
  translate(database, () => {
    // Opened before: afterwards nothing may fail for want of descriptors.
    const log = openSync(logOf(database), 'r');
    try {
      database.exec('COMMIT');
      fdatasyncSync(log);
    } finally {
      closeSync(log);
    }
  });
}

function translate({ path }: Database, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw isSystemError(error) ? fileError(error, path) : error;
  }
}
