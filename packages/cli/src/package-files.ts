import type { Template } from './template/render.ts';
import { readFileSync } from 'node:fs';

/** The version of this package, whose manifest lies one folder up from the sources and from the bundle. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new TypeError('package.json has no version');
}

/** The licenses of everything in the bundle, and in the executable also of its runtime. */
export function readLicenses(): string {
  return readFileSync(new URL('../dist/THIRD-PARTY-LICENSES', import.meta.url), 'utf8').trimEnd();
}

/** The build's copy of the smallest example; beside the bundle, one folder up and down from the sources. */
export function readTemplate(): Template {
  const text = readFileSync(new URL('../dist/plugin-template.json', import.meta.url), 'utf8');
  return JSON.parse(text) as Template;
}
