/** Messages and pages avoid a few constructions that are not plain English; see "Style" in CONTRIBUTING.md. */
import { deepEqual } from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { TOP, findPages } from './support/markdown.ts';

/** For "is not a": only after "there" is "is no" plain English. */
const IS_NO = /(?<!\b[Tt]here )\b(?:is|are) no (?!longer\b)[a-z]+/g;

/** Processes and machines are not people. */
const PEOPLE = /\b(?:nobody|somebody|everybody|anybody|whoever)\b/g;

const wording = suite('wording');

for (const page of findPages()) wording(page, () => deepEqual(prose(page).match(IS_NO) ?? [], []));

for (const name of readdirSync(join(TOP, 'packages')))
  wording(`messages of ${name}`, () => {
    const files = readdirSync(join(TOP, 'packages', name, 'src'), { recursive: true })
      .map(String)
      .filter((file) => file.endsWith('.ts'));
    deepEqual(
      files.flatMap((file) => found(code(join('packages', name, 'src', file)))),
      [],
    );
  });

function found(text: string): string[] {
  return [IS_NO, PEOPLE].flatMap((pattern) => text.match(pattern) ?? []);
}

/** A page without what programs print. */
function prose(page: string): string {
  return readFileSync(join(TOP, page), 'utf8').replace(/^```.*?^```$/gms, '');
}

/** A source without its comments: only texts are left that have such words. */
function code(path: string): string {
  return readFileSync(join(TOP, path), 'utf8')
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/^\s*\/\/.*$/gm, '');
}

wording.run();
