import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Makes a tree with busybox in it, linked statically, and gives its path. */
export function makeRootFileSystem(directory: string): string {
  const programs = join(directory, 'bin');
  mkdirSync(programs, { recursive: true });
  copyFileSync('/bin/busybox', join(programs, 'busybox'));
  for (const name of ['sh', 'sleep', 'true']) symlinkSync('busybox', join(programs, name));
  return directory;
}
