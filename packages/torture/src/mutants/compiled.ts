/** TypeScript of the packages as JavaScript that {@link Modules} runs. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { digest } from './mutant.ts';

export interface Compiled {
  readonly code: string;
  /** The `mappings` of its source map. */
  readonly mappings: string;
}

interface Esbuild {
  transformSync(
    source: string,
    options: Readonly<Record<string, unknown>>,
  ): { readonly code: string; readonly map: string };
}

const TOP = join(import.meta.dirname, '../../../..');
const KEPT = join(TOP, 'node_modules/.cache/kleenet-mutants');
const FORMAT = '4';

/** Compiled once for all processes to come. */
export function compiledFile(path: string): Compiled {
  const source = readFileSync(path, 'utf8');
  const file = join(KEPT, `${digest(FORMAT, path, source)}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Compiled;
  const compiled = compile(path, source);
  keep(file, JSON.stringify(compiled));
  return compiled;
}

export function compile(path: string, source: string): Compiled {
  const { code, map } = esbuild().transformSync(source, {
    loader: 'ts',
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    supported: { 'dynamic-import': false },
    define: { 'import.meta': '__meta' },
    banner: '"use strict";',
    sourcefile: path,
    sourcemap: 'external',
    sourcesContent: false,
  });
  return { code, mappings: (JSON.parse(map) as Compiled).mappings };
}

let loaded: Esbuild | undefined;

function esbuild(): Esbuild {
  // It belongs to the CLI, which is bundled with it.
  loaded ??= createRequire(join(TOP, 'packages/cli/build.mjs'))('esbuild') as Esbuild;
  return loaded;
}

/** Where answers that depend on content only are kept. */
export function keptFile(...parts: readonly string[]): string {
  return join(KEPT, `${digest(FORMAT, ...parts)}.json`);
}

export function keep(file: string, text: string): void {
  mkdirSync(KEPT, { recursive: true });
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
}
