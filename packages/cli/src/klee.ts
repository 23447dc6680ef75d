/** The program `klee`: the only place, with few helpers, that touches the process. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadWithCodeCache } from './code-cache.ts';
import { createOutput } from './output.ts';
import { readVersion } from './version.ts';

/** The bundle that holds the rest; the sources have none. */
declare const PROGRAM: string | undefined;

if (process.argv.length === 3 && process.argv[2] === '--version') {
  createOutput().print(readVersion());
} else if (typeof PROGRAM === 'undefined') {
  void import('./process.ts').then(({ runProcess }) => runProcess());
} else {
  const program = loadWithCodeCache(dirname(fileURLToPath(import.meta.url)), PROGRAM);
  const { runProcess } = program.exports as typeof import('./process.ts');
  void runProcess({ whenOpened: () => program.save() });
}
