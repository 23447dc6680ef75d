import type { Template } from './template/render.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version of this package, whose manifest lies one folder up from the sources and from the bundle. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(read('../package.json'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new TypeError('package.json has no version');
}

/** The licenses of everything in the bundle, and in the executable also of its runtime. */
export function readLicenses(): string {
  return read('../dist/THIRD-PARTY-LICENSES').trimEnd();
}

/** The build's copy of the smallest example; beside the bundle, one folder up and down from the sources. */
export function readTemplate(): Template {
  return JSON.parse(read('../dist/plugin-template.json')) as Template;
}

function read(path: string): string {
  return readFileSync(join(import.meta.dirname, path), 'utf8');
}
