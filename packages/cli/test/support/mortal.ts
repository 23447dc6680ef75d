/** klee as a program of its own that can be killed at a certain point. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** The file of the program; it lies beside the dependencies of the CLI, so that the SQLite library is found. */
export interface MortalKlee {
  readonly file: string;
  remove(): void;
}

/** Bundles it: each of many starts is then much faster. */
export async function buildMortalKlee(): Promise<MortalKlee> {
  const folder = join(import.meta.dirname, '../../node_modules/.cache');
  const file = join(folder, `mortal-klee-${randomUUID()}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, 'mortal-klee.ts')],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@kleenet/source'],
    external: ['better-sqlite3'],
    logLevel: 'silent',
  });
  return { file, remove: () => rmSync(file, { force: true }) };
}
