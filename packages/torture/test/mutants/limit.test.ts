/** Tests with gaps, in which mutants of src/limit.ts survive: see ../integration/mutants.test.ts. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { countDown, firstOf, isWithin } from './src/limit.ts';

const test = suite('limit');

test('the limit is not tried itself', () => {
  assert.ok(isWithin(1, 10));
  assert.ok(!isWithin(11, 10));
});

test('counts to the end', () => {
  assert.equal(countDown(3), 3);
});

test('the first, which is the only one', () => {
  assert.equal(firstOf(['a']), 'a');
  assert.equal(firstOf([]), '(none)');
});

test.run();
