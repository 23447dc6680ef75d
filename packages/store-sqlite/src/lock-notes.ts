/**
 * Notes of who holds a lock, for the messages of those who wait. Best effort: only the lock itself decides, and a note
 * whose process has died blocks nobody.
 */
import { existsSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LockMode } from '@kleenet/core';

/** Who holds a lock. */
export interface Holder {
  readonly mode: LockMode;
  readonly purpose: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
}

/** `MODE-PID-NUMBER.note`, beside the lock. */
const NOTE = /^(shared|exclusive)-(\d+)-\d+\.note$/;

/** Tells the notes of one process apart. */
let noteCount = 0;

/** Leaves a note; the result takes it away. Undefined when it could not be written. */
export function writeNote(folder: string, holder: Holder): (() => void) | undefined {
  noteCount += 1;
  const path = join(folder, `${holder.mode}-${holder.pid}-${noteCount}.note`);
  return bestEffort(() => {
    writeFileSync(path, JSON.stringify(holder), { mode: 0o600 });
    return () => bestEffort(() => unlinkSync(path));
  });
}

/**
 * Takes away the notes that are known to be of the dead, by one who has just got the lock: all of them after an
 * exclusive one; those of exclusive holders, and of sharers whose process is gone, after a shared one.
 */
export function clearStaleNotes(folder: string, mode: LockMode): void {
  for (const name of listNotes(folder)) {
    const isOfSharer = mode === 'shared' && name.startsWith('shared');
    if (isOfSharer && mayBeAlive(Number(NOTE.exec(name)?.[2]))) continue;
    bestEffort(() => unlinkSync(join(folder, name)));
  }
}

/** Who holds the lock, as far as is known; the oldest first. */
export function readHolders(folder: string): readonly Holder[] {
  return listNotes(folder)
    .filter((name) => mayBeAlive(Number(NOTE.exec(name)?.[2])))
    .map((name) =>
      bestEffort(() => JSON.parse(readFileSync(join(folder, name), 'utf8')) as unknown),
    )
    .filter(isHolder)
    .sort((a, b) => (a.since < b.since ? -1 : 1));
}

function listNotes(folder: string): readonly string[] {
  return (bestEffort(() => readdirSync(folder)) ?? []).filter((name) => NOTE.test(name));
}

/** Whether a process may be there: asked of /proc, where there is one. */
function mayBeAlive(pid: number): boolean {
  return !existsSync('/proc/self') || existsSync(`/proc/${pid}`);
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const { mode, purpose, pid, since } = value as Readonly<Record<string, unknown>>;
  const isText = [mode, purpose, since].every((member) => typeof member === 'string');
  return isText && typeof pid === 'number';
}

/** A note that cannot be written or read costs a name in a message, and must cost no more. */
function bestEffort<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'syscall' in error))
      return undefined;
    throw error;
  }
}
