/** docs/promises.md cites headings, tests and machines that exist. */
import { deepEqual, match, ok } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { TOP } from './support/markdown.ts';

const page = readFileSync(join(TOP, 'docs/promises.md'), 'utf8');

const UNTRIED = 'not tried by a test';

interface Row {
  readonly promise: string;
  readonly said: string;
  readonly held: string;
}

const rows: readonly Row[] = [...page.matchAll(/^\| (.*?) \| (.*?) \| (.*?) \|$/gm)]
  .map(([, promise = '', said = '', held = '']) => ({ promise, said, held }))
  .filter(({ promise }) => promise !== 'promise');

const test = suite('docs/promises.md');

test('each promise is a sentence, made once', () => {
  ok(rows.length >= 60, String(rows.length));
  for (const { promise } of rows) match(promise, /^\S.*\.$/);
  const promises = rows.map(({ promise }) => promise);
  deepEqual([...new Set(promises)], promises);
});

test('each is said under a heading of a page', () => {
  deepEqual(
    rows.filter(({ said }) => !isHeading(said)).map(({ said }) => said),
    [],
  );
});

test('each is held by a test or a machine, or is said not to be', () => {
  const holds = ({ held }: Row): boolean =>
    held.startsWith(UNTRIED) || testsIn(held).length + machinesIn(held).length > 0;
  deepEqual(
    rows.filter((row) => !holds(row)).map(({ promise }) => promise),
    [],
  );
});

test('each file that is cited has a test of the title that is cited', () => {
  const cited = rows.flatMap(({ held }) => testsIn(held));
  deepEqual(
    cited.filter(({ path, title }) => !hasTitle(path, title)),
    [],
  );
});

test('each link of the last column is one to a test, with a title', () => {
  for (const { held } of rows)
    deepEqual([...held.matchAll(/\]\(/g)].length, testsIn(held).length, held);
});

test('each machine that is cited is there', () => {
  for (const name of rows.flatMap(({ held }) => machinesIn(held)))
    ok(existsSync(join(TOP, 'packages/torture/src', name, 'machine.ts')), name);
});

interface Citation {
  readonly path: string;
  readonly title: string;
}

function testsIn(held: string): readonly Citation[] {
  return [...held.matchAll(/\]\(\.\.\/([^)#\s]+)\) "([^"]+)"/g)].map(
    ([, path = '', title = '']) => ({ path, title }),
  );
}

function machinesIn(held: string): readonly string[] {
  return [...held.matchAll(/`script\/torture (\w+)`/g)].map(([, name = '']) => name);
}

/** Whether the title, or this part of it, begins and ends within one text of the code. */
function hasTitle(path: string, title: string): boolean {
  const file = join(TOP, path);
  if (!existsSync(file)) return false;
  const text = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const quoted = new RegExp(`^(?!\\s*(?:\\*|//|/\\*)).*(['"\`])(?:(?!\\1).)*${text}`, 'm');
  return quoted.test(readFileSync(file, 'utf8'));
}

/** Whether a link leads to a heading, as GitHub names its anchor. */
function isHeading(link: string): boolean {
  const [, path = '', anchor = ''] = /^\[[^\]]+\]\(([^)#]+)#([^)]+)\)$/.exec(link) ?? [];
  const file = join(TOP, 'docs', path);
  if (path === '' || !existsSync(file)) return false;
  const text = readFileSync(file, 'utf8').replace(/^```.*?^```$/gms, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].some(([, heading = '']) => anchorOf(heading) === anchor);
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}

test.run();
