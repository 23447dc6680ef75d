/** The code on the page for authors of drivers is that of the examples, to the letter. */
import { deepEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { TOP } from './support/markdown.ts';

const PAGE = 'docs/writing-a-driver.md';
const text = readFileSync(join(TOP, PAGE), 'utf8');

interface Block {
  readonly language: string;
  /** The file that it is taken from; empty where the page names none. */
  readonly source: string;
  readonly code: string;
}

const blocks: readonly Block[] = [...text.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(
  ([, language = '', source = '', code = '']) => ({ language, source, code }),
);

/** Languages in which the page speaks for itself. */
const OWN_WORDS = new Set(['sh', 'mermaid', 'console']);

const test = suite('writing a driver');

test('all code on the page names the file that it is taken from', () => {
  const unnamed = blocks.filter(
    ({ language, source }) => !OWN_WORDS.has(language) && source === '',
  );
  deepEqual(unnamed, []);
  ok(blocks.some(({ source }) => source.startsWith('examples/driver-minimal/')));
  ok(blocks.some(({ source }) => source.startsWith('examples/driver-macvlan/')));
  ok(blocks.some(({ source }) => source.startsWith('examples/driver-uplink/')));
});

for (const [index, { source, code }] of blocks.entries()) {
  if (source === '') continue;
  test(`block ${index + 1} is in ${source}, whole lines in one piece`, () => {
    ok(`\n${readFileSync(join(TOP, source), 'utf8')}`.includes(`\n${code}`), code);
  });
}

test.run();
