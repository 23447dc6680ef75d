import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Mutant } from '../../src/mutants/mutant.ts';
import { HELD, areasInOrder, isMeant } from '../../src/mutants/places.ts';
import { inPlaces } from '../../src/mutants/run.ts';

test('the tests of a package are to notice what is wrong in it, and the kit what is wrong in drivers', () => {
  const own = 'packages/core/test/guard.test.ts';
  const kit = 'packages/conformance/test/conformance.test.ts';
  assert.ok(isMeant(own, 'packages/core/src/guard/index.ts'));
  assert.ok(!isMeant(own, 'packages/platform/src/linux/nft.ts'));
  assert.ok(isMeant(kit, 'packages/driver-vnet/src/linux.ts'));
  assert.ok(!isMeant(kit, 'packages/core/src/guard/index.ts'));
});

test('the seed decides which area comes first, and everything else comes last', () => {
  const orders = [1, 2, 3, 4, 5, 6].map((seed) => areasInOrder(seed));
  for (const order of orders) {
    assert.deepEqual(order.slice(0, -1).flat().toSorted(), HELD.toSorted());
    assert.deepEqual(order.at(-1), ['packages']);
  }
  assert.ok(new Set(orders.map((order) => order[0]?.[0])).size > 1);
});

test('mutants come by their places, each once, and in their order within a place', () => {
  const mutants = ['b/1', 'a/1', 'c/1', 'b/2', 'a/2'].map((file) => ({ file }) as Mutant);
  const files = inPlaces(mutants, [['a'], ['b', 'a/1'], ['c']]).map(({ file }) => file);
  assert.deepEqual(files, ['a/1', 'a/2', 'b/1', 'b/2', 'c/1']);
});

test.run();
