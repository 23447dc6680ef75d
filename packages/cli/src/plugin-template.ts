import { readFileSync } from 'node:fs';
import type { Template } from './template/render.ts';

/** The build's copy of the smallest example; beside the bundle, one folder up and down from the sources. */
export function readTemplate(): Template {
  const text = readFileSync(new URL('../dist/plugin-template.json', import.meta.url), 'utf8');
  return JSON.parse(text) as Template;
}
