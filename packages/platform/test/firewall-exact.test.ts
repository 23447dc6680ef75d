import assert from 'node:assert/strict';
import { test } from 'uvu';
import { tableDifferences } from '../src/linux/firewall/exact.ts';
import type { NftListing } from '../src/linux/nft.ts';

const rule = (text: string, handle: number): NftListing[number] => ({
  rule: { family: 'inet', chain: 'forward', handle, expr: [{ match: { right: text } }] },
});
const elements = (...elem: readonly string[]): NftListing[number] => ({
  set: { family: 'inet', name: 'open4', handle: 1, elem },
});
const chain = { chain: { family: 'inet', name: 'forward', handle: 9, policy: 'accept' } };
const WANTED: NftListing = [chain, elements('a', 'b'), rule('one', 1), rule('two', 2)];

test('handles and the order of elements are not a difference', () => {
  const loaded = [chain, elements('b', 'a'), rule('one', 7), rule('two', 8)];
  assert.deepEqual(tableDifferences('inet', WANTED, loaded), []);
});

for (const [what, loaded, message] of [
  [
    'a rule replaced',
    [chain, elements('a', 'b'), rule('one', 1), rule('three', 2)],
    /chain forward/,
  ],
  ['rules exchanged', [chain, elements('a', 'b'), rule('two', 1), rule('one', 2)], /chain forward/],
  ['an element swapped', [chain, elements('a', 'c'), rule('one', 1), rule('two', 2)], /set open4/],
  ['a set gone', [chain, rule('one', 1), rule('two', 2)], /lacks the set open4/],
  [
    'a chain of another',
    [...WANTED, { chain: { family: 'inet', name: 'x' } }],
    /chain x that klee did not make/,
  ],
] as const) {
  test(`${what} is a difference`, () => {
    assert.match(tableDifferences('inet', WANTED, loaded).join('; '), message);
  });
}

test('elements of the sets of the bridge table come and go with the ports', () => {
  assert.deepEqual(tableDifferences('bridge', [elements()], [elements('a')]), []);
});

test.run();
