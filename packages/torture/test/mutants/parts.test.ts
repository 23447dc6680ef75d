import assert from 'node:assert/strict';
import { test } from 'uvu';
import { compile } from '../../src/mutants/compiled.ts';
import { placesOf, ranWithin } from '../../src/mutants/coverage.ts';
import { newHarness } from '../../src/mutants/harness.ts';
import type { Mutant } from '../../src/mutants/mutant.ts';
import { mutantsOf } from '../../src/mutants/mutate.ts';
import { between, scoreTable } from '../../src/mutants/page.ts';
import type { MutantRun } from '../../src/mutants/run.ts';

test('a place of the source ran if V8 says so of the JavaScript that it became', () => {
  const source = `interface Long { readonly gone: string }
export function used(a: number): number {
  if (a > 7) return unused(a);
  return a;
}
function unused(a: number): number {
  return a + 1;
}
`;
  const { code, mappings } = compile('/src/a.ts', source);
  const range = (text: string, count: number): [number, number, number] => {
    const start = code.indexOf(text);
    assert.ok(start >= 0, code);
    return [start, start + text.length, count];
  };
  const [head] = range('function used', 1);
  const [tail] = range('function unused', 0);
  const ranges = [
    [0, code.length, 1],
    [head, tail, 2],
    range('return unused(a)', 0),
    [tail, code.indexOf('}', tail) + 1, 0],
  ] as const;
  const places = placesOf(ranges, { code, source, mappings });
  const ran = (text: string): boolean => {
    const start = source.indexOf(text);
    return ranWithin(places, start, start + text.length);
  };
  assert.deepEqual(['a > 7', 'return a;', 'unused(a);', 'a + 1'].map(ran), [
    true,
    true,
    false,
    false,
  ]);
});

test('the harness runs suites with their hooks, and stops at the first failure', async () => {
  const done: string[] = [];
  const { uvu, run } = newHarness();
  const { suite } = uvu as typeof import('uvu');
  const one = suite('one');
  one.before(() => void done.push('before'));
  one.before.each(() => void done.push('each'));
  one.after.each(() => void done.push('after each'));
  one.after(() => void done.push('after'));
  one('good', () => void done.push('good'));
  one.skip('left out', () => void done.push('left out'));
  one('bad', () => Promise.reject(new Error('no')));
  one('never', () => void done.push('never'));
  one.run();
  await assert.rejects(run(), { message: 'bad' });
  assert.deepEqual(done, ['before', 'each', 'good', 'after each', 'each', 'after each', 'after']);
});

test('the harness tells which tests passed, and begins with those that it is told', async () => {
  const { uvu, run } = newHarness();
  const { test: collect } = uvu as typeof import('uvu');
  collect('a', () => undefined);
  collect('b', () => undefined);
  collect.run();
  const names = async (first?: readonly string[]): Promise<readonly string[]> =>
    (await run(first)).map(({ name }) => name);
  assert.deepEqual(await names(), ['a', 'b']);
  assert.deepEqual(await names(['b']), ['b', 'a']);
});

test('the page keeps the rows of folders that a run did not touch', () => {
  const file = 'packages/core/src/engine/host/a.ts';
  const [first, second, third] = mutantsOf(file, 'f(a < 1 && b);') as [Mutant, Mutant, Mutant];
  const run: MutantRun = {
    sorted: { open: [first, second], explained: [third], stale: [] },
    examined: [{ mutant: first, by: 'test', tests: 1 }],
  };
  const old = new Map([['packages/core/src/zoo', '| `packages/core/src/zoo` | 1 |']]);
  const rows = scoreTable(old, run)
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  assert.deepEqual(rows, [
    '| `packages/core/src/engine` |  | 3 | 1 | 1 | 1 | 0 | 0 |',
    '| `packages/core/src/zoo` | 1 |',
  ]);
  const page = 'a\n<!-- x -->\nold<!-- end of x -->\nb\n';
  assert.equal(
    between(page, 'x', (text) => `${text} new `),
    'a\n<!-- x -->\nold new <!-- end of x -->\nb\n',
  );
  assert.throws(() => between(page, 'y', String), TypeError);
});

test.run();
