/** Medians, quartiles and ratios of the benchmarks. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { ratioOf, rotated, spreadOf } from '../support/statistics.ts';

const test = suite('figures of many rounds');

test('the median and the quartiles, whatever the order', () => {
  assert.deepEqual(spreadOf([5, 1, 4, 2, 3]), { low: 2, median: 3, high: 4 });
  assert.deepEqual(spreadOf([10, 9, 2, 1]), { low: 1.75, median: 5.5, high: 9.25 });
  assert.deepEqual(spreadOf([100, 20, 3]), { low: 11.5, median: 20, high: 60 }, 'as numbers');
  assert.deepEqual(spreadOf([7]), { low: 7, median: 7, high: 7 });
  assert.ok(Number.isNaN(spreadOf([]).median), 'nothing has no median');
});

test('values are left in the order of their rounds', () => {
  const values = [3, 1, 2];
  spreadOf(values);
  assert.deepEqual(values, [3, 1, 2]);
});

test('a ratio is that of the same round', () => {
  // A load on the machine that makes the second round ten times as slow falls on both.
  assert.deepEqual(ratioOf([1, 10, 1], [2, 20, 2]), { low: 0.5, median: 0.5, high: 0.5 });
  // The medians alone would say 1.
  assert.equal(ratioOf([1, 2, 30], [2, 4, 1]).median, 0.5);
});

test('a round that the peer did not finish does not count', () => {
  assert.deepEqual(ratioOf([1, 1, 9], [2, 2]), { low: 0.5, median: 0.5, high: 0.5 });
});

test('each round begins with the next contestant', () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join('')),
    ['abc', 'bca', 'cab', 'abc'],
  );
  assert.deepEqual(rotated([], 5), []);
});

test.run();
