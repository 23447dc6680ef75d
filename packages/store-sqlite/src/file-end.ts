/**
 * Blocks for pages that a commit adds to the database. With a log they come into the file only with the checkpoint, and a
 * disk that is full by then must not fail it.
 *
 * In POSIX, closing any descriptor of a file drops the process's locks on it. So the descriptor stays open as long as this
 * process has the database open.
 */
import { type BigIntStats, closeSync, openSync, statSync } from 'node:fs';
import { KleenetError } from '@kleenet/core/errors';
import type { Database } from './database.ts';
import { diskFull } from './disk.ts';
import { fileError } from './sqlite-errors.ts';
import { appendZeros, isSystemError, PAGE_SIZE } from './files.ts';

interface Use {
  connections: number;
  descriptor?: number;
}

/** By device and inode. */
const uses = new Map<string, Use>();

/** Notes that a connection is open. Call the returned function when it is closed. */
export function useFile(path: string): () => void {
  const key = keyOf(statSync(path, { bigint: true }));
  const use = uses.get(key) ?? { connections: 0 };
  uses.set(key, use);
  use.connections += 1;
  return () => {
    use.connections -= 1;
    if (use.connections > 0) return;
    uses.delete(key);
    if (use.descriptor !== undefined) closeSync(use.descriptor);
  };
}

/**
 * Allocates what the open write transaction adds. No other process changes the length of the file meanwhile: klee's
 * checkpoints have the write lock. Whoever does, loses nothing, as appending does not overwrite.
 *
 * @throws KleenetError DISK_FULL, or DATABASE_UNAVAILABLE when the open file is not the one of this path any more: with a log,
 * SQLite itself would go on
 */
export function allocateEnd(database: Database): void {
  const { path } = database;
  const pages = Number(database.get('PRAGMA page_count')?.['page_count']);
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  const use = stats === undefined ? undefined : uses.get(keyOf(stats));
  if (stats === undefined || use === undefined) throw moved(path);
  const missing = pages * PAGE_SIZE - Number(stats.size);
  if (missing <= 0) return;
  try {
    use.descriptor ??= openSync(path, 'a');
    appendZeros(use.descriptor, missing);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
    throw isFull ? diskFull(path, { path }, error) : fileError(error, path);
  }
}

function keyOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

function moved(path: string): KleenetError {
  return new KleenetError(
    'DATABASE_UNAVAILABLE',
    `the database ${path} was moved, deleted or replaced while it was open`,
    {
      hint: 'try again: nothing was changed',
      details: { path, reason: 'it is another file than the one that was opened' },
    },
  );
}
