/** The meaning of SQLite's result codes for users. The only file that knows how each library reports them. */
import { KleenetError } from '@kleenet/core/errors';
import { tooFewDescriptors } from './descriptors.ts';
import { diskError, diskFull } from './disk.ts';

/** Primary result codes by number; https://sqlite.org/rescode.html */
const NAMES: Readonly<Record<number, string>> = {
  1: 'ERROR',
  3: 'PERM',
  5: 'BUSY',
  6: 'LOCKED',
  8: 'READONLY',
  10: 'IOERR',
  11: 'CORRUPT',
  13: 'FULL',
  14: 'CANTOPEN',
  15: 'PROTOCOL',
  17: 'SCHEMA',
  19: 'CONSTRAINT',
  20: 'MISMATCH',
  26: 'NOTADB',
};

/** The primary result code without `SQLITE_`, for example `BUSY`; undefined when SQLite did not throw the value. */
export function resultCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // node:sqlite: the extended code is a number, whose low byte is the primary code.
  if ('errcode' in error && typeof error.errcode === 'number') {
    return NAMES[error.errcode & 0xff] ?? `${error.errcode & 0xff}`;
  }
  // better-sqlite3: the extended code is a text such as SQLITE_CONSTRAINT_UNIQUE.
  if ('code' in error && typeof error.code === 'string' && error.code.startsWith('SQLITE_')) {
    return error.code.split('_')[1];
  }
  // better-sqlite3 checks for the directory itself.
  const lost = error instanceof TypeError && error.message.includes('directory does not exist');
  return lost ? 'CANTOPEN' : undefined;
}

/** The error for a value that a library threw; other values are returned unchanged. */
export function databaseError(error: unknown, path: string): unknown {
  const code = resultCode(error);
  if (code === undefined || !(error instanceof Error)) return error;
  const { message: reason } = error;
  const details = { path, reason };
  switch (code) {
    case 'CONSTRAINT':
      return constraintError(error, details);
    case 'BUSY':
    case 'LOCKED':
    // Many processes took their turns with the log.
    case 'PROTOCOL':
      return new KleenetError('DATABASE_BUSY', `another process holds the database ${path}`, {
        hint: 'try again; if this persists, look for a program that keeps the file open',
        details,
        cause: error,
      });
    case 'FULL':
      return diskFull(path, details, error);
    case 'PERM':
    case 'READONLY':
    case 'CANTOPEN':
    case 'IOERR':
      return fileError(error, path);
    // An ERROR of statements that never change means that the tables are not klee's.
    case 'CORRUPT':
    case 'NOTADB':
    case 'ERROR':
    case 'SCHEMA':
    case 'MISMATCH':
      return damaged(path, reason, error);
    default:
      return new KleenetError('INTERNAL', `SQLite failed: ${reason}`, { details, cause: error });
  }
}

/** The error for a file of the database that the system refuses. */
export function fileError(error: Error, path: string): KleenetError {
  const details = { path, reason: error.message };
  return diskError(path, details, error) ?? tooFewDescriptors() ?? unavailable(error, details);
}

function unavailable(
  error: Error,
  details: { readonly path: string; readonly reason: string },
): KleenetError {
  return new KleenetError(
    'DATABASE_UNAVAILABLE',
    `the database ${details.path} does not open: ${details.reason}`,
    {
      hint: 'check that the state directory exists and is writable, or choose another one with --root DIR',
      details,
      cause: error,
    },
  );
}

/** The error for a database with content that klee did not write. */
export function damaged(path: string, reason: string, cause?: unknown): KleenetError {
  return new KleenetError('DATABASE_DAMAGED', `the database ${path} is damaged: ${reason}`, {
    hint: 'run klee system check for details, and restore the file from a backup',
    details: { path, reason },
    cause,
  });
}

/** `TABLE.COLUMN` of the unique column that an insert or update would duplicate. */
export function repeatedColumn(error: KleenetError): string | undefined {
  const { reason } = error.details;
  return typeof reason === 'string'
    ? /^UNIQUE constraint failed: (\w+\.\w+)$/.exec(reason)?.[1]
    : undefined;
}

function constraintError(
  error: Error,
  details: { readonly path: string; readonly reason: string },
): KleenetError {
  return new KleenetError(
    'CONSTRAINT_VIOLATED',
    `the database refused the change: ${error.message}`,
    {
      details,
      cause: error,
    },
  );
}
