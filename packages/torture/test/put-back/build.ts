/** Builds a klee with a fault in it, from a copy of the sources. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const TOP = join(import.meta.dirname, '../../../..');
const TAKEN = [
  'bin',
  'examples/driver-minimal',
  'package.json',
  'script/bun/package.json',
  'script/embed.mjs',
];

/** A place in the sources, as text that stands there once, and what stands there with the fault. */
export interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Hands over the program `klee` with these changes, and removes it afterwards. */
export async function withKlee<T>(
  changes: readonly Change[],
  use: (klee: string) => Promise<T>,
): Promise<T> {
  const top = await mkdtemp(join(tmpdir(), 'torture-klee-'));
  try {
    await copySources(top);
    for (const change of changes) await apply(top, change);
    await promisify(execFile)(process.execPath, [join(top, 'packages/cli/build.mjs')]);
    return await use(join(top, 'bin/klee'));
  } finally {
    await rm(top, { recursive: true });
  }
}

/** Packages find each other by links beside them, which lead to the copies then. */
async function copySources(top: string): Promise<void> {
  for (const path of TAKEN) await cp(join(TOP, path), join(top, path), { recursive: true });
  await symlink(join(TOP, 'node_modules'), join(top, 'node_modules'));
  for (const name of await readdir(join(TOP, 'packages'))) {
    const from = join(TOP, 'packages', name);
    await mkdir(join(top, 'packages', name), { recursive: true });
    await cp(from, join(top, 'packages', name), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !['dist', 'test', '.cache'].includes(basename(path)),
    });
  }
}

async function apply(top: string, { file, from, to }: Change): Promise<void> {
  const path = join(top, file);
  const text = await readFile(path, 'utf8');
  assert.equal(text.split(from).length, 2, `${file} has this text once: ${from}`);
  await writeFile(
    path,
    text.replace(from, () => to),
  );
}
