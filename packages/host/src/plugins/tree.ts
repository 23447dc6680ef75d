import { readdirSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';

/**
 * Lists a folder recursively. Links are listed, and not followed: the recursive readdir(3) of Node.js 22 follows them.
 */
export function* treeOf(
  folder: string,
): Generator<{ readonly path: string; readonly entry: Dirent }> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    yield { path, entry };
    if (entry.isDirectory()) yield* treeOf(path);
  }
}
