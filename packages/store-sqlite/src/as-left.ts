/**
 * A note of how klee left the database file. A file that is still so needs no check of its pages, however large it is.
 *
 * The note stands beside the database and is never synced: after a crash it tells of another file, and the next command
 * checks.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import type { Database } from './database.ts';

/** Whether nobody has written to the file since the last {@link noteAsLeft}. */
export function isAsLeft(database: Database): boolean {
  if (database.path === ':memory:') return true;
  try {
    return readFileSync(noteOf(database), 'utf8') === describe(database);
  } catch (error) {
    // Without a note that can be read the file is checked.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

/** Call it after a commit. */
export function noteAsLeft(database: Database): void {
  if (database.path === ':memory:') return;
  try {
    writeFileSync(noteOf(database), describe(database), { mode: 0o600 });
  } catch (error) {
    // On a full disk, for example: what was committed is kept all the same, and the next command checks.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

/** The time of the last change cannot be set by a program that restores a file (stat(2), `st_ctime`). */
function describe({ path }: Database): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return `${[dev, ino, size, mtimeNs, ctimeNs].join(' ')}\n`;
}

function noteOf({ path }: Database): string {
  return `${path}-stat`;
}
