/**
 * The write-ahead log of the database, `kleenet.db-wal`: a commit appends the changed pages to it, and takes one
 * synchronisation. A *checkpoint* copies them into the database; the next commit then begins the log anew.
 *
 * SQLite's last connection deletes the log. klee keeps it, because its blocks are space that a full disk still has, and
 * because a checkpoint at the end of each command would take more synchronisations than the log saves.
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '@kleenet/core/errors';
import type { Sqlite } from './connection.ts';
import { Database } from './database.ts';
import { hasRoom } from './disk.ts';
import { isSystemError, lengthen, PAGE_SIZE, sizeOf } from './files.ts';

/** In bytes; https://sqlite.org/fileformat2.html#the_write_ahead_log */
const HEADER = 32;
const FRAME = 24 + PAGE_SIZE;

/** In frames: a longer log is copied into the database before the next write. */
const LONGEST = 256;

/** In bytes: a commit of a hundred pages fits behind {@link LONGEST} frames. */
const LOG_SIZE = HEADER + 360 * FRAME;

/** In bytes: left for others when the log begins. */
const SPARE = 512 * 1024;

/** Why something may not be possible now, and the database works without it. */
const LACKS = [
  'DISK_FULL',
  'DATABASE_BUSY',
  'DATABASE_UNAVAILABLE',
  'STATE_READ_ONLY',
  'DESCRIPTORS_EXHAUSTED',
] as const;

/** Whether commits go to the log. Otherwise they are made with a rollback journal. */
export function isLogged(database: Database): boolean {
  return database.pragma('journal_mode') === 'wal';
}

/** Prepares a connection for what it has: see `commitDurably`. */
export function useLog(database: Database): void {
  // Otherwise there is a rollback journal, which keeps its length as well.
  database.exec(
    isLogged(database) ? 'PRAGMA synchronous = NORMAL' : 'PRAGMA journal_mode = PERSIST',
  );
}

/** Whether the database has no log, and the disk has the space. */
export function wantsLog(database: Database): boolean {
  return (
    database.path !== ':memory:' && !isLogged(database) && hasRoom(database.path, LOG_SIZE + SPARE)
  );
}

/** Begins the log where {@link wantsLog}, outside of any transaction, unless another process is in the way. */
export function beginLog(database: Database): void {
  try {
    database.exec('PRAGMA journal_mode = WAL');
    useLog(database);
  } catch (error) {
    if (!hasCode(error, ...LACKS)) throw error;
  }
}

/** Whether the log's blocks are allocated. */
export function hasLogReserve(database: Database): boolean {
  return sizeOf(logOf(database)) >= LOG_SIZE;
}

/** Allocates the log's blocks: zeros behind its end are not part of it. Call it with the write lock. */
export function lengthenLog(database: Database): void {
  lengthen(logOf(database), LOG_SIZE);
}

/** Copies a long log into the database, outside of any transaction. Readers may delay this until a later write. */
export function shortenLog(database: Database): void {
  if (database.path !== ':memory:' && isLong(database)) copyLog(database);
}

/**
 * The next commit then begins the log anew.
 *
 * Meanwhile this process has the write lock. Otherwise the checkpoint could cut off what `allocateEnd` has allocated, and
 * before 3.51.3 SQLite could lose commits to a log that another process begins anew in the middle of a checkpoint. SQLite's
 * own way to a checkpoint with the write lock goes on without that where it is not free (`RESTART`).
 */
function copyLog(database: Database): void {
  try {
    database.exec('BEGIN IMMEDIATE');
    database.execBeside('PRAGMA wal_checkpoint(PASSIVE)');
    database.exec('ROLLBACK');
  } catch (error) {
    database.rollback();
    if (!hasCode(error, ...LACKS)) throw error;
  }
}

function isLong(database: Database): boolean {
  try {
    return countFrames(logOf(database)) >= LONGEST;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}

/**
 * Ends the log where its index, `kleenet.db-shm`, cannot be had. The first process after another has ended makes the index
 * anew, for which a full disk may not have the space. Without other processes the index can be in memory, and the
 * checkpoint only overwrites allocated blocks.
 *
 * @throws KleenetError DATABASE_BUSY while another process has the database open
 */
export function endLog(sqlite: Sqlite, path: string, busyTimeout: number): void {
  try {
    openAlone(sqlite, path, busyTimeout);
  } catch (error) {
    if (hasCode(error, 'DATABASE_BUSY') || existsSync(`${path}-wal`)) throw error;
    giveInode(path);
    openAlone(sqlite, path, busyTimeout);
  }
}

function openAlone(sqlite: Sqlite, path: string, busyTimeout: number): void {
  Database.open(
    sqlite,
    path,
    'PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA journal_mode = PERSIST',
    busyTimeout,
  ).close();
}

/**
 * Opens a temporary copy for reading: on a read-only disk SQLite reads a log only with its
 * index. Undefined when it cannot be made.
 */
export function openCopy(sqlite: Sqlite, path: string): Database | undefined {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), 'kleenet-'));
    const copy = join(folder, 'kleenet.db');
    copyFileSync(path, copy);
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    return Database.openCopy(sqlite, copy, path);
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  } finally {
    // What is open stays.
    if (folder !== undefined) rmSync(folder, { recursive: true });
  }
}

/**
 * SQLite opens the log before it ends it. Where log and inodes are missing, the note of how klee left the file has one.
 *
 * Call it only when SQLite could not make a log. Beside a database that is written with a rollback journal, a file of this
 * name would make other processes use it as the log at the same time.
 */
function giveInode(path: string): void {
  try {
    truncateSync(`${path}-stat`);
    renameSync(`${path}-stat`, `${path}-wal`);
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

/** The frames since the log was begun anew: they have the salts of its header, and older ones behind them do not. */
function countFrames(path: string): number {
  const size = sizeOf(path);
  if (size < HEADER) return 0;
  const descriptor = openSync(path, 'r');
  try {
    const salts = readSalts(descriptor, 16);
    if (salts === NO_SALTS) return 0;
    let [low, high] = [0, Math.floor((size - HEADER) / FRAME)];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (readSalts(descriptor, HEADER + middle * FRAME + 8) === salts) low = middle + 1;
      else high = middle;
    }
    return low;
  } finally {
    closeSync(descriptor);
  }
}

/** Of a log that has only its blocks. */
const NO_SALTS = '0'.repeat(16);

function readSalts(descriptor: number, position: number): string {
  const salts = Buffer.alloc(8);
  readSync(descriptor, salts, 0, salts.length, position);
  return salts.toString('hex');
}

export function logOf({ path }: Database): string {
  return `${path}-wal`;
}
