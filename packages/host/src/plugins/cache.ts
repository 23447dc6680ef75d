/**
 * What looking for plugins has found, kept in the state directory. It is as good as what it was made from: every file
 * and directory that was looked at is looked at again, which costs no more than their number of system calls.
 *
 * It decides nothing about trust: what is to be loaded is checked before it is loaded.
 */
import { lstatSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Discovery } from './discover.ts';
import { readSmallFile } from '../small-file.ts';
import { isUnchanged } from './witness.ts';
import type { Sight } from './witness.ts';
import { parseObject } from '../json.ts';

/** Raised whenever what is in the file changes its meaning. */
const FORMAT = 1;

const SIZE_LIMIT = 16 * 1024 * 1024;

/** The file's content. */
interface Kept extends Discovery {
  readonly format: number;
  /** What was looked for, and by whom. */
  readonly key: string;
  readonly sights: readonly Sight[];
}

/** Whose it is, and where. */
export interface CacheLocation {
  /** The state directory. */
  readonly root: string;
  readonly uid: number;
  readonly pid: number;
}

/** What an earlier klee has kept, and whether it still holds. */
export interface Remembered extends Discovery {
  readonly isFresh: boolean;
}

export function recall(location: CacheLocation, key: string): Remembered | undefined {
  const path = pathOf(location);
  if (!isPrivate(path, location)) return undefined;
  const kept = parse(readSmallFile(path, SIZE_LIMIT));
  if (kept === undefined) return undefined;
  return { ...kept, isFresh: kept.key === key && isUnchanged(kept.sights) };
}

/** @throws the error of the file system; there is no harm in not keeping it */
export function keep(
  location: CacheLocation,
  key: string,
  { found, skipped }: Discovery,
  sights: readonly Sight[],
): void {
  if (!isPrivate(location.root, location)) return;
  const kept: Kept = { format: FORMAT, key, sights, found, skipped };
  const path = pathOf(location);
  const written = `${path}.${location.pid}`;
  writeFileSync(written, JSON.stringify(kept), { mode: 0o600 });
  renameSync(written, path);
}

function pathOf({ root }: CacheLocation): string {
  return join(root, 'plugins.json');
}

/** Whether it is there, is the user's own, and nobody else can write it. */
function isPrivate(path: string, { uid }: CacheLocation): boolean {
  try {
    const stats = lstatSync(path);
    return stats.uid === uid && (stats.mode & 0o022) === 0;
  } catch (error) {
    // Not there, or in a directory of somebody else's.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

function parse(text: string | undefined): Kept | undefined {
  const kept = text === undefined ? undefined : (parseObject(text) as Partial<Kept> | undefined);
  return isKept(kept) ? kept : undefined;
}

function isKept(value: Partial<Kept> | undefined): value is Kept {
  return (
    value?.format === FORMAT &&
    Array.isArray(value.sights) &&
    Array.isArray(value.found) &&
    Array.isArray(value.skipped)
  );
}
