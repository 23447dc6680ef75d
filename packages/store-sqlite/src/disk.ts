/**
 * Why a file system rejects writes, determined by asking the system: SQLite and Node report the causes in many ways,
 * and often not at all.
 */
import { accessSync, constants, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { KleenetError } from '@kleenet/core/errors';

/** The error for a file that could not be written because of its file system; undefined for other causes. */
export function diskError(
  path: string,
  details: Readonly<Record<string, unknown>>,
  cause?: unknown,
): KleenetError | undefined {
  if (isReadOnly(path)) return readOnly(path, details, cause);
  const lack = whatIsFull(path);
  return lack === undefined ? undefined : diskFull(path, details, cause);
}

/** The error for a full disk. It says whether blocks or inodes are used up, and where. */
export function diskFull(
  path: string,
  details: Readonly<Record<string, unknown>>,
  cause?: unknown,
): KleenetError {
  const lack = whatIsFull(path) ?? 'space';
  return new KleenetError('DISK_FULL', `no ${lack} is left on the file system of ${path}`, {
    hint: `free some there, and try again: 'klee container rm -f' and 'klee image rm' work on a full disk, too`,
    details,
    ...(cause === undefined ? {} : { cause }),
  });
}

function readOnly(
  path: string,
  details: Readonly<Record<string, unknown>>,
  cause: unknown,
): KleenetError {
  return new KleenetError('STATE_READ_ONLY', `${path} is on a read-only file system`, {
    hint: 'commands that only read work; for others, mount it read-write, or choose another directory with --root DIR',
    details,
    ...(cause === undefined ? {} : { cause }),
  });
}

function isReadOnly(path: string): boolean {
  try {
    accessSync(dirname(path), constants.W_OK);
    return false;
  } catch (error) {
    return errno(error) === 'EROFS';
  }
}

/** The resource that the file system has used up; undefined when it has both, or does not report it. */
function whatIsFull(path: string): 'space' | 'inode' | undefined {
  try {
    const { bavail, bsize, ffree, files } = statfsSync(dirname(path));
    if (files > 0 && ffree === 0) return 'inode';
    return bavail * bsize < SMALLEST ? 'space' : undefined;
  } catch (error) {
    if (errno(error) !== undefined) return undefined;
    throw error;
  }
}

/** Whether the file system has this many bytes left, as far as it says. */
export function hasRoom(path: string, bytes: number): boolean {
  try {
    const { bavail, bsize, ffree, files } = statfsSync(dirname(path));
    return bavail * bsize >= bytes && (files === 0 || ffree > 0);
  } catch (error) {
    if (errno(error) !== undefined) return false;
    throw error;
  }
}

/** In bytes: less is useless to SQLite, whose pages have this size. */
const SMALLEST = 4096;

function errno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
