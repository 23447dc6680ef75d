/** The command line of script/bench. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { OrderError, readOrder } from '../support/order.ts';
import { sampleOutcome } from './outcome.ts';

const test = suite('the command line of the benchmarks');

const { row } = sampleOutcome({}, { node: [[1]] });
const ROWS = new Map([
  ['connect', row],
  ['connect-syncs', row],
  ['prune', { ...row, long: true as const }],
]);

function rowsOf(...words: readonly string[]): readonly string[] {
  return [...readOrder(words, ROWS).rows.keys()];
}

test('the rows that are measured', () => {
  assert.deepEqual(rowsOf(), ['connect', 'connect-syncs']);
  assert.deepEqual(rowsOf('--long'), [...ROWS.keys()]);
  assert.deepEqual(readOrder(['--write'], ROWS).leftOut, ['prune'], 'the page names it');
  assert.deepEqual(readOrder(['--write', '--long'], ROWS).leftOut, []);
  assert.deepEqual(rowsOf('syncs', 'pru'), ['connect-syncs', 'prune']);
  assert.deepEqual(rowsOf('connect'), ['connect'], 'a whole name is one row');
  assert.deepEqual(rowsOf('connec'), ['connect', 'connect-syncs']);
});

test('the rounds', () => {
  assert.equal(readOrder([], ROWS).rounds, 20);
  assert.equal(readOrder(['--rounds', '3'], ROWS).rounds, 3);
});

test('points that are too large to try', () => {
  const points = { of: 'networks', at: [2, 100, 252] };
  const rows = new Map([['many', { ...row, points }]]);
  const at = (...words: readonly string[]): unknown =>
    readOrder(words, rows).rows.get('many')?.points?.at;
  assert.deepEqual(at('--at-most', '100'), [2, 100]);
  assert.deepEqual(at('--at-most', '1'), [2], 'the first remains');
  assert.deepEqual(at(), [2, 100, 252]);
});

for (const words of ['--rounds 0', '--at-most x', '--rounds x', '--quick', 'nothing'])
  test(`refused: ${words}`, () =>
    assert.throws(() => readOrder(words.split(' '), ROWS), OrderError));

test.run();
