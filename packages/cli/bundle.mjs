// How esbuild bundles the program: for Node.js (build.mjs), and for the executable (executable.mjs).
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

export const here = dirname(fileURLToPath(import.meta.url));
export const dist = join(here, 'dist');

/** Where executables are: klee-BUILD for bin/klee, and klee-TARGET to give away. */
export const executables = join(dist, 'executable');
export const localName = (id) => `klee-${id}`;
export const isLocal = (file) => /^klee-[0-9a-f]{12}(\.|$)/.test(file);

export const common = {
  absWorkingDir: here,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  conditions: ['@kleenet/source', 'module'],
  // As ES modules, of which what is not used is left out.
  mainFields: ['es2015', 'main'],
  // The library of better-sqlite3 is told where its native part is, and does not search for it.
  external: ['bindings'],
  supported: { 'dynamic-import': false },
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  minify: true,
  legalComments: 'none',
  metafile: true,
  write: false,
};

/** Returns the text of a bundle, and the paths of what is in it. */
export async function bundle(options) {
  // esbuild has shown the errors
  const result = await esbuild.build({ ...common, ...options }).catch(() => process.exit(1));
  return { text: result.outputFiles[0].text, inputs: Object.keys(result.metafile.inputs) };
}
