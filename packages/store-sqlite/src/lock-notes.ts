/**
 * Notes that name the holders of a lock, for the messages of waiting processes. Best effort: only the lock itself
 * decides, and a note of a dead process blocks no other.
 */
import { existsSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LockMode } from '@kleenet/core';

/** A holder of a lock. */
export interface Holder {
  readonly mode: LockMode;
  readonly purpose: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
}

/** `MODE-PID-NUMBER.note`, beside the lock. */
const NOTE = /^(shared|exclusive)-(\d+)-\d+\.note$/;

/** Distinguishes the notes of one process. */
let noteCount = 0;

/** Leaves a note; the returned function removes it. Undefined when it could not be written. */
export function writeNote(folder: string, holder: Holder): (() => void) | undefined {
  noteCount += 1;
  const path = join(folder, `${holder.mode}-${holder.pid}-${noteCount}.note`);
  return bestEffort(() => {
    writeFileSync(path, JSON.stringify(holder), { mode: 0o600 });
    return () => bestEffort(() => unlinkSync(path));
  });
}

/**
 * Removes stale notes. The caller has just acquired the lock: an exclusive holder removes all notes; a shared one
 * removes those of exclusive holders, and of sharers whose process is gone.
 */
export function clearStaleNotes(folder: string, mode: LockMode): void {
  for (const name of listNotes(folder)) {
    const isOfSharer = mode === 'shared' && name.startsWith('shared');
    if (isOfSharer && mayBeAlive(Number(NOTE.exec(name)?.[2]))) continue;
    bestEffort(() => unlinkSync(join(folder, name)));
  }
}

/** The known holders of the lock, the oldest first. */
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

/** Whether a process may exist: asked of /proc, where available. */
function mayBeAlive(pid: number): boolean {
  return !existsSync('/proc/self') || existsSync(`/proc/${pid}`);
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const { mode, purpose, pid, since } = value as Readonly<Record<string, unknown>>;
  const isText = [mode, purpose, since].every((member) => typeof member === 'string');
  return isText && typeof pid === 'number';
}

/** A failure to write or read a note costs a name in a message, and must cost no more. */
function bestEffort<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'syscall' in error))
      return undefined;
    throw error;
  }
}
