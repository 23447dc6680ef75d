/** The program `klee`: with few helpers, the only code that accesses the process. */
import { join } from 'node:path';
import { CodeCache } from './code-cache.ts';
import { createOutput } from './output.ts';
import { readVersion } from './package-files.ts';
import { runPacks } from './packs.ts';

/** The rest of the program, from the build: its first part, and the files of the packs. Sources have none. */
declare const PROGRAM: string | undefined;
declare const PACKS: Readonly<Record<string, string>>;

/** Commands of groups that only read, and their shortcuts, such as `lsc` and `isn`. */
const LISTS = /^(?:__complete|inspect|ls|(?:ls|is)[cni])$/;

/** The build does not transform this `import()`, so that it loads ES modules. */
const importModule = (url: string): Promise<unknown> => import(url);
const folder = import.meta.dirname;

if (process.argv.length === 3 && process.argv[2] === '--version') {
  createOutput().print(readVersion());
} else if (typeof PROGRAM === 'undefined') {
  const entry = { importModule, contract: join(folder, '../dist/core') };
  void import('./process.ts').then(({ runProcess }) => runProcess({ entry }));
} else {
  const entry = { importModule, contract: join(folder, 'core') };
  const cache = new CodeCache(folder, PACKS, useOf(process.argv.slice(2)));
  const program = runPacks(PROGRAM, cache.open, {
    dirname: import.meta.dirname,
    filename: import.meta.filename,
    require,
  });
  const { runProcess } = program.exports as typeof import('./process.ts');
  void runProcess({ entry, whenDone: () => cache.save(program.evaluated) });
}

/** What the words seem to be for. A wrong guess costs time, and nothing else. */
function useOf(words: readonly string[]): 'changing' | 'help' | 'reading' {
  if (words.length === 0 || words.some((word) => /^(--help|-h|help)$/.test(word))) return 'help';
  return words.slice(0, 2).some((word) => LISTS.test(word)) ? 'reading' : 'changing';
}
