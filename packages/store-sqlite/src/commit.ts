/** The end of a write transaction. */
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { KleenetError } from '@kleenet/core/errors';
import type { Database } from './database.ts';
import { diskError } from './disk.ts';
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
      synchronise(database, log);
    } finally {
      closeSync(log);
    }
  });
}

function synchronise(database: Database, log: number): void {
  try {
    fdatasyncSync(log);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    synchroniseAgain(database, error);
  }
}

/**
 * The system says once that it could not write a part of the log, and takes that part as written from then on. Later commits
 * would be behind a gap, at which the log ends after a loss of power. So all of the log is written again, from memory.
 */
function synchroniseAgain(database: Database, cause: Error): void {
  let log: number | undefined;
  try {
    // Otherwise another process could write to the log between the reading and the writing.
    database.exec('BEGIN IMMEDIATE');
    log = openSync(logOf(database), 'r+');
    const bytes = readFileSync(log);
    for (let done = 0; done < bytes.length;)
      done += writeSync(log, bytes, done, bytes.length - done, done);
    fdatasyncSync(log);
  } catch {
    throw uncertain(database, cause);
  } finally {
    if (log !== undefined) closeSync(log);
    database.rollback();
  }
}

function uncertain({ path }: Database, error: Error): KleenetError {
  const details = { path, reason: error.message };
  return (
    diskError(path, details, error) ??
    new KleenetError(
      'DATABASE_UNAVAILABLE',
      `the disk did not take the last change of the database ${path}: ${error.message}`,
      {
        hint: 'a loss of power may undo it: look at the disk and the log of the system',
        details,
        cause: error,
      },
    )
  );
}

function translate({ path }: Database, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw isSystemError(error) ? fileError(error, path) : error;
  }
}
