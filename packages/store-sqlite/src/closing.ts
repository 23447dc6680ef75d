/** Closing a connection without an end of the log. */
import { existsSync } from 'node:fs';
import type { Connection, Sqlite } from './connection.ts';
import { resultCode } from './sqlite-errors.ts';

/** Makes SQLite open all files of a database. Of the pages it reads the first only, as others may be damaged. */
export const OPEN_ALL = 'PRAGMA user_version';

/**
 * Closes a connection, and leaves the log: SQLite checkpoints and deletes that with the last connection only, and one that
 * can only read does neither.
 */
export function closeKeepingLog(sqlite: Sqlite, path: string, connection: Connection): void {
  const reader = existsSync(`${path}-wal`) ? openReader(sqlite, path) : undefined;
  connection.close();
  reader?.close();
}

/** Undefined where SQLite refuses: then it ends the log if it can, which costs time and the log's blocks. */
function openReader(sqlite: Sqlite, path: string): Connection | undefined {
  let reader: Connection | undefined;
  try {
    reader = sqlite.openReader(path);
    reader.exec(OPEN_ALL);
  } catch (error) {
    if (resultCode(error) === undefined) throw error;
  }
  return reader;
}
