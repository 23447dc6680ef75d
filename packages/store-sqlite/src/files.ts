/** Lengths of files, and blocks for them. */
import { closeSync, openSync, statSync, writeSync } from 'node:fs';

/** In bytes, of a page of the database. */
export const PAGE_SIZE = 4096;

/** In bytes; 0 without a file. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Fills a file with zeros up to a length, if the disk has the space. SQLite must hold no locks on it. */
export function lengthen(path: string, length: number): void {
  if (sizeOf(path) >= length) return;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'a', 0o600);
    appendZeros(descriptor, length - sizeOf(path));
  } catch (error) {
    // A full disk may have space later.
    if (!isSystemError(error)) throw error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The end of a full disk takes a part of it before it refuses the rest. */
export function appendZeros(descriptor: number, count: number): void {
  for (let left = count; left > 0;) left -= writeSync(descriptor, Buffer.alloc(left));
}

export function isSystemError(error: unknown): error is Error & { readonly code: unknown } {
  return error instanceof Error && 'syscall' in error;
}
