/**
 * The cache of plugin discovery, in the state directory. It is as reliable as its sources: every file and directory
 * that was read is checked again, which costs only one system call each.
 *
 * It does not decide trust: code is checked before it is loaded.
 */
import { lstatSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Discovery } from './discover.ts';
import { readSmallFile } from '../small-file.ts';
import { isUnchanged } from './witness.ts';
import type { Sight } from './witness.ts';
import { parseObject } from '../json.ts';

/** Incremented whenever the meaning of the file's content changes. */
const FORMAT = 2;

const SIZE_LIMIT = 16 * 1024 * 1024;

/** The file's content. */
interface Kept extends Discovery {
  readonly format: number;
  /** The parameters of the search. */
  readonly key: string;
  readonly sights: readonly Sight[];
}

/** Owner and location. */
export interface CacheLocation {
  /** The state directory. */
  readonly root: string;
  readonly uid: number;
  readonly pid: number;
}

/** The cached result of an earlier klee, and whether it is still valid. */
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

/** @throws the error of the file system; a missing cache is harmless */
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

/** Whether it exists, belongs to the user, and is not writable by others. */
function isPrivate(path: string, { uid }: CacheLocation): boolean {
  try {
    const stats = lstatSync(path);
    return stats.uid === uid && (stats.mode & 0o022) === 0;
  } catch (error) {
    // Missing, or in a directory of another user.
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
