/** docs/errors.md and the table of codes say the same, both ways, and each code is raised somewhere. */
import * as assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { ERROR_CODES, KleenetError } from '../src/errors.ts';
import type { ErrorCode } from '../src/errors.ts';

const TOP = join(import.meta.dirname, '../../..');
const page = readFileSync(join(TOP, 'docs/errors.md'), 'utf8');

interface Row {
  readonly kind: string;
  readonly code: string;
  readonly when: string;
  readonly advice: string;
}

const rows: readonly Row[] = page.split(/^## /m).flatMap((section) => {
  const [kind = ''] = section.split('\n', 1);
  return [...section.matchAll(/^\| `(\w+)` \| (.*?) \| (.*?) \|$/gm)].map(
    ([, code = '', when = '', advice = '']) => ({ kind, code, when, advice }),
  );
});

const test = suite('docs/errors.md');

test('the page has every code of the table, and no other', () => {
  assert.deepEqual(rows.map(({ code }) => code).toSorted(), Object.keys(ERROR_CODES).toSorted());
});

test('it gives each the kind and the meaning of the table', () => {
  const table = Object.entries(ERROR_CODES).map(([code, [kind, when]]) => ({ code, kind, when }));
  const said = rows.map(({ code, kind, when }) => ({ code, kind, when }));
  const byCode = (a: { code: string }, b: { code: string }): number => (a.code < b.code ? -1 : 1);
  assert.deepEqual(said.toSorted(byCode), table.toSorted(byCode));
});

test('it says of each what to do', () => {
  for (const { code, advice } of rows) assert.match(advice, /^\S.*\.$/, code);
});

test('an error has the kind of its code', () => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[])
    assert.equal(new KleenetError(code, '').kind, ERROR_CODES[code][0]);
});

test('each code is raised or told apart somewhere outside the table', () => {
  const sources = readdirSync(join(TOP, 'packages'))
    .flatMap((name) => sourcesBelow(join(TOP, 'packages', name, 'src')))
    .join('\n');
  assert.deepEqual(
    Object.keys(ERROR_CODES).filter((code) => !sources.includes(`'${code}'`)),
    [],
  );
});

/** The texts of all modules but the table itself. */
function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !(path === 'errors.ts' && folder.includes('/core/')))
    .map((path) => readFileSync(join(folder, path), 'utf8'));
}

test.run();
