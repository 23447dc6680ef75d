import { deepEqual, equal, rejects } from 'node:assert/strict';
import { suite } from 'uvu';
import type { Globals } from '../src/command-line/globals.ts';
import { byteText } from '../src/render/bytes.ts';
import { printable } from '../src/render/printable.ts';
import { showList, showObjects } from '../src/render/show.ts';
import { renderTable } from '../src/render/table.ts';

interface Thing {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly end: string | null;
}

const LISTING = {
  columns: [
    ['ID', ({ id }: Thing) => id],
    ['NAME', ({ name }: Thing) => name],
  ],
  id: ({ id }: Thing) => id,
} as const;

const THINGS: readonly Thing[] = [
  { id: '1', name: 'one', tags: ['a', 'b'], end: null },
  { id: '22', name: 'two', tags: [], end: 'x' },
];

async function list(globals: Globals): Promise<string[]> {
  const lines: string[] = [];
  await showList(
    { globals, output: { print: (text) => lines.push(text), note: () => {} } },
    LISTING,
    THINGS,
  );
  return lines;
}

async function objects(globals: Globals, asked: number): Promise<string[]> {
  const lines: string[] = [];
  const output = { print: (text: string) => lines.push(text), note: (): void => {} };
  await showObjects({ globals, output }, THINGS.slice(0, asked), asked, ({ id }) => id);
  return lines;
}

const formats = suite('formats');

formats('a table', async () => {
  deepEqual(await list({}), ['ID  NAME', '1   one', '22  two']);
  deepEqual(await list({ format: 'table' }), ['ID  NAME', '1   one', '22  two']);
});

formats('ids', async () => {
  deepEqual(await list({ quiet: true }), ['1', '22']);
  deepEqual(await list({ quiet: true, format: 'json' }), ['1', '22']);
});

formats('JSON: an array of all; one object for one that was asked for', async () => {
  deepEqual(JSON.parse((await list({ format: 'json' })).join('\n')), THINGS);
  deepEqual(JSON.parse((await objects({}, 1)).join('\n')), THINGS[0]);
  deepEqual(JSON.parse((await objects({}, 2)).join('\n')), THINGS);
});

formats('a template for each', async () => {
  deepEqual(await list({ format: '{{id}}={{name}}' }), ['1=one', '22=two']);
  deepEqual(await list({ format: '{{#tags}}<{{.}}>{{/tags}}{{^tags}}none{{/tags}}' }), [
    '<a><b>',
    'none',
  ]);
  deepEqual(await list({ format: '{{tags}} {{end}}' }), ['["a","b"] ', '[] x']);
  deepEqual(await list({ format: '{{name}}&"<' }), ['one&"<', 'two&"<']);
});

const BAD_TEMPLATES = [
  '{{nmae}}',
  '{{constructor}}',
  '{{id.constructor}}',
  '{{tags.constructor}}',
  '{{__proto__}}',
  '{{#tags}}',
  '{{',
  '{{.name}}',
];

for (const format of BAD_TEMPLATES) {
  formats(`refuses the template ${format}`, async () => {
    await rejects(list({ format }), { code: 'INVALID_ARGUMENT' });
  });
}

formats('refuses what is not a format, also with --quiet', async () => {
  await rejects(list({ format: 'yaml' }), /takes table, json or a template, not "yaml"/);
  await rejects(list({ format: 'yaml', quiet: true }), { code: 'INVALID_ARGUMENT' });
});

formats('an object as a table has a line for each property', async () => {
  deepEqual(await objects({ format: 'table' }, 1), [
    'PROPERTY  VALUE',
    'id        1',
    'name      one',
    'tags      a b',
    'end',
  ]);
});

formats.run();

const text = suite('text');

text('wide and combining characters keep columns straight', async () => {
  const lines = await renderTable(
    ['A', 'B'],
    [
      ['日本', 'x'],
      ['é', 'x'],
      ['abcd', 'x'],
    ],
  );
  deepEqual(lines, ['A     B', '日本  x', 'é     x', 'abcd  x']);
});

text('nothing in a cell moves the cursor', async () => {
  deepEqual(await renderTable(['A'], [['a\x1b[2Jb\nc\u202e']]), [
    'A',
    'a\\u{1b}[2Jb\\u{a}c\\u{202e}',
  ]);
  equal(printable('a\nb\x07', { keepLines: true }), 'a\nb\\u{7}');
});

text('bytes', () => {
  const table = {
    0: '0 B',
    999: '999 B',
    1000: '1.0 kB',
    15_300_000: '15.3 MB',
    512_000_000_000: '512 GB',
    3e15: '3000 TB',
  };
  deepEqual(
    Object.keys(table).map((bytes) => byteText(Number(bytes))),
    Object.values(table),
  );
});

text.run();
