/**
 * The program `klee` as one file, an executable with its runtime: what klee.ts is for Node.js.
 *
 * The build puts the package's files below a folder in the executable, which is `import.meta.dirname` then.
 */
import { join } from 'node:path';
import { createOutput } from './output.ts';
import { readVersion } from './package-files.ts';
import { runPacks } from './packs.ts';
import type { OpenedPack } from './packs.ts';

/** From the build: the rest of the program, in packs that are loaded when a part of them is needed. */
declare const PACKS: Readonly<Record<string, () => OpenedPack>>;
declare const PROGRAM: string;

/** The build does not transform this `import()`, so that it loads ES modules. */
const importModule = (url: string): Promise<unknown> => import(url);

if (process.argv.length === 3 && process.argv[2] === '--version') {
  createOutput().print(readVersion());
} else {
  const contract = join(import.meta.dirname, 'core');
  const { exports } = runPacks(PROGRAM, openPack, {
    dirname: import.meta.dirname,
    filename: import.meta.filename,
    require,
  });
  const { runProcess } = exports as typeof import('./process.ts');
  void runProcess({ entry: { importModule, contract }, self: takeSelf() });
}

function openPack(name: string): OpenedPack {
  const open = PACKS[name];
  if (open === undefined) throw new TypeError(`there is no pack ${name}`);
  return open();
}

/**
 * bin/klee, by which this was started, stays when the next build removes this executable. What it sets is not meant for the
 * programs that klee starts.
 */
function takeSelf(): readonly [string] {
  const { KLEE_STARTED_BY: launcher } = process.env;
  delete process.env['KLEE_STARTED_BY'];
  delete process.env['BUN_JSC_useJIT'];
  return [launcher ?? process.execPath];
}
