/**
 * The program `klee` as one file, an executable with its runtime: what klee.ts is for Node.js.
 *
 * The build puts the package's files below a folder in the executable, of which `import.meta.url` is a part then.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createOutput } from './output.ts';
import { readVersion } from './package-files.ts';

/** From the build: a bundle of its own, so that `--version` does not load it. */
declare const loadProgram: () => typeof import('./process.ts');

/** The build does not transform this `import()`, so that it loads ES modules. */
const importModule = (url: string): Promise<unknown> => import(url);

if (process.argv.length === 3 && process.argv[2] === '--version') {
  createOutput().print(readVersion());
} else {
  const contract = join(dirname(fileURLToPath(import.meta.url)), 'core');
  const { runProcess } = loadProgram();
  void runProcess({ entry: { importModule, contract }, self: takeSelf() });
}

/** bin/klee, by which this was started, stays when the next build removes this executable. */
function takeSelf(): readonly [string] {
  const { KLEE_STARTED_BY: launcher } = process.env;
  delete process.env['KLEE_STARTED_BY'];
  return [launcher ?? process.execPath];
}
