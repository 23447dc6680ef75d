/** Writing a new package to an empty place. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KleenetError } from '@kleenet/core/errors';

/** @throws KleenetError NAME_TAKEN when the folder is not empty */
export function requireNothingAt(folder: string): void {
  if (entriesOf(folder).length === 0) return;
  throw new KleenetError('NAME_TAKEN', `${folder} already exists and is not empty`, {
    hint: 'give another directory: klee plugin new NAME DIRECTORY',
    details: { path: folder },
  });
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') return ['a file'];
    throw error;
  }
}

/** Writes each file, and its parent folders. Files that appeared meanwhile are not overwritten. */
export function writeFiles(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { flag: 'wx' });
  }
}
