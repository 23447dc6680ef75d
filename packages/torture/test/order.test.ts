/** Orders that a seed decides. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { inTurn, shuffled } from '../src/order.ts';

test('a list has all its members in the order of each seed', () => {
  const list = Array.from({ length: 50 }, (_, index) => index);
  assert.deepEqual(shuffled(list, 1), shuffled(list, 1));
  assert.notDeepEqual(shuffled(list, 1), shuffled(list, 2));
  assert.deepEqual(
    shuffled(list, 3).toSorted((one, other) => one - other),
    list,
  );
});

test('the same seed leads to the same order, with one of each kind first', () => {
  const all = ['a', 'a', 'a', 'b', 'b', 'c'].map((kind, number) => ({ kind, number }));
  const order = (seed: number): string =>
    inTurn(all, seed, ({ kind }) => kind)
      .map(({ number }) => number)
      .join(' ');
  assert.equal(order(1), order(1));
  assert.notEqual(order(1), order(2));
  for (const seed of [1, 2, 3]) {
    const kinds = inTurn(all, seed, ({ kind }) => kind).map(({ kind }) => kind);
    assert.deepEqual(kinds.slice(0, 3).toSorted(), ['a', 'b', 'c']);
    assert.equal(kinds.length, all.length);
  }
});

test.run();
