/** The program `klee`: with few helpers, the only code that accesses the process. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadWithCodeCache } from './code-cache.ts';
import { createOutput } from './output.ts';
import { readVersion } from './package-files.ts';

/** The bundle with the rest of the program; sources have none. */
declare const PROGRAM: string | undefined;

/** The build does not transform this `import()`, so that it loads ES modules. */
const importModule = (url: string): Promise<unknown> => import(url);
const folder = dirname(fileURLToPath(import.meta.url));

if (process.argv.length === 3 && process.argv[2] === '--version') {
  createOutput().print(readVersion());
} else if (typeof PROGRAM === 'undefined') {
  const entry = { importModule, contract: join(folder, '../dist/core') };
  void import('./process.ts').then(({ runProcess }) => runProcess({ entry }));
} else {
  const entry = { importModule, contract: join(folder, 'core') };
  const program = loadWithCodeCache(folder, PROGRAM);
  const { runProcess } = program.exports as typeof import('./process.ts');
  void runProcess({ entry, whenOpened: () => program.save() });
}
