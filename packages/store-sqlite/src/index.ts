/** Kleenet's state in one SQLite file, and locks between its processes. */
import type { Locks } from '@kleenet/core';
import type { Sqlite } from './connection.ts';
import type { Database } from './database.ts';
import { type LockLocation, SqliteLocks } from './locks.ts';
import { MIGRATIONS } from './schema.ts';
import { openStateDatabase, reopenStateDatabase, type StateLocation } from './state-directory.ts';
import { SqliteStore, type StateStore } from './store.ts';

export { isSqliteWarning } from './connection.ts';
export type { LockLocation } from './locks.ts';
export type { Home } from './home.ts';
export type { StateLocation } from './state-directory.ts';
export type { StateStore } from './store.ts';

/** How to open a store. */
export interface StoreOptions extends StateLocation {
  /** How long a transaction waits for other processes, in milliseconds. Default: 60 000. */
  readonly patience?: number;
}

/**
 * The state in a directory. The first transaction opens it, and the first write creates missing files: reading leaves
 * no trace, and finds an empty state.
 *
 * In addition to the errors of core's `Store`, transactions throw STATE_UNTRUSTED, PERMISSION_DENIED, DISK_FULL and
 * TOOL_MISSING.
 */
export function openStore({
  directory,
  uid,
  patience = 60_000,
}: StoreOptions): Promise<StateStore> {
  const open = (sqlite: Sqlite, create: boolean): Database | undefined =>
    openStateDatabase(sqlite, { directory, uid }, create);
  const reopen = (sqlite: Sqlite, error: unknown): Database | undefined =>
    reopenStateDatabase(sqlite, { directory, uid }, error);
  return Promise.resolve(new SqliteStore({ open, reopen, patience, migrations: MIGRATIONS }));
}

/** The locks of a state directory. No file is opened or made before the first lock is acquired. */
export function openLocks(location: LockLocation): Locks {
  return new SqliteLocks(location);
}
