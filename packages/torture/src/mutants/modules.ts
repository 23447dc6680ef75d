/**
 * Runs the packages' modules again and again in one process. Each world has all modules anew, so that nothing that one
 * run left in a module is seen by the next; a module is compiled only once. Libraries and Node's own modules are shared.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';
import { compiledFile } from './compiled.ts';

type Body = (
  require: (name: string) => unknown,
  module: { exports: unknown },
  exports: unknown,
  meta: object,
) => void;

export interface World {
  load(path: string): unknown;
  /** The files that were loaded. */
  readonly files: () => readonly string[];
}

interface WorldOptions {
  /** Modules that stand for others, by the name that is imported. */
  readonly stead: Readonly<Record<string, unknown>>;
  /** Code that stands for that of a file. */
  readonly changed?: { readonly path: string; readonly code: string } | undefined;
}

const bodies = new Map<string, Body>();

export function newWorld({ stead, changed }: WorldOptions): World {
  const loaded = new Map<string, { exports: unknown }>();
  const load = (path: string): unknown => {
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    const module = { exports: {} as unknown };
    loaded.set(path, module);
    const body = changed?.path === path ? compiledBody(path, changed.code) : bodyOf(path);
    const meta = { url: pathToFileURL(path).href, dirname: dirname(path), filename: path };
    body((name) => stead[name] ?? requireFrom(path, name), module, module.exports, meta);
    return module.exports;
  };
  const requireFrom = (from: string, name: string): unknown => {
    const ours = resolveOurs(from, name);
    return ours === undefined ? createRequire(from)(name) : load(ours);
  };
  return { load, files: () => [...loaded.keys()] };
}

function bodyOf(path: string): Body {
  const known = bodies.get(path);
  if (known !== undefined) return known;
  const body = compiledBody(path, compiledFile(path).code);
  bodies.set(path, body);
  return body;
}

function compiledBody(path: string, code: string): Body {
  return compileFunction(code, ['require', 'module', 'exports', '__meta'], {
    filename: path,
  }) as Body;
}

const resolved = new Map<string, string | undefined>();

/** The source of a module of the packages, or undefined for others. */
function resolveOurs(from: string, name: string): string | undefined {
  if (name.startsWith('.')) return name.endsWith('.ts') ? join(dirname(from), name) : undefined;
  if (!name.startsWith('@kleenet/')) return undefined;
  if (!resolved.has(name)) resolved.set(name, sourceOf(name));
  return resolved.get(name);
}

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly '@kleenet/source'?: string }>>;
}

function sourceOf(name: string): string | undefined {
  const [, owner = '', rest] = /^@kleenet\/([^/]+)(\/.*)?$/.exec(name) ?? [];
  const folder = join(import.meta.dirname, '../../..', owner);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const source = manifest.exports[`.${rest ?? ''}`]?.['@kleenet/source'];
  return source === undefined ? undefined : join(folder, source);
}
