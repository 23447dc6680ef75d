import assert from 'node:assert/strict';
import { test } from 'uvu';
import { inexactRules, tableDifferences } from '../src/linux/firewall/exact.ts';
import type { NftListing } from '../src/linux/nft.ts';
import { told } from './support/told.ts';

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
  [
    'the first rule replaced',
    [chain, elements('a', 'b'), rule('three', 1), rule('two', 2)],
    /chain forward/,
  ],
  ['rules exchanged', [chain, elements('a', 'b'), rule('two', 1), rule('one', 2)], /chain forward/],
  ['an element swapped', [chain, elements('a', 'c'), rule('one', 1), rule('two', 2)], /set open4/],
  [
    'a set of another type',
    [
      chain,
      { set: { family: 'inet', name: 'open4', type: 'mark', elem: ['a', 'b'] } },
      rule('one', 1),
      rule('two', 2),
    ],
    /set open4/,
  ],
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

test('every difference says in which table it is, and what', () => {
  assert.deepEqual(tableDifferences('inet', WANTED, [chain, rule('one', 1), rule('two', 2)]), [
    "the firewall table 'inet klee' lacks the set open4",
  ]);
  assert.deepEqual(tableDifferences('inet', [], [chain]), [
    "the firewall table 'inet klee' has a chain forward that klee did not make",
  ]);
  const other = { chain: { ...chain.chain, policy: 'drop' } };
  assert.deepEqual(tableDifferences('inet', [chain], [other]), [
    "the chain forward of the firewall table 'inet klee' is not as klee made it",
  ]);
});

test('the members of a set inside a rule have no order, those of a concatenation have', () => {
  const looked = (key: string, ...members: readonly string[]): NftListing[number] => ({
    rule: { family: 'inet', chain: 'forward', handle: 1, expr: [{ match: { [key]: members } }] },
  });
  const differs = (key: string): boolean =>
    tableDifferences('inet', [looked(key, 'c', 'a', 'b')], [looked(key, 'b', 'c', 'a')]).length > 0;
  assert.deepEqual([differs('set'), differs('concat')], [false, true]);
});

test('what nft(8) says of itself and of the table as a whole is not compared', () => {
  const said = [{ metainfo: { version: '1' } }, { table: { family: 'inet', name: 'klee' } }];
  assert.deepEqual(tableDifferences('inet', WANTED, [...said, ...WANTED]), []);
});

test('both tables are compared, with the rules as the kernel prints them in a namespace of its own', async () => {
  const bridged = { chain: { family: 'bridge', name: 'senders' } };
  const wanted = JSON.stringify({ nftables: [...WANTED, bridged] });
  const loaded = (listing: NftListing): { stdout: string } => ({
    stdout: JSON.stringify({ nftables: listing }),
  });
  const commands = told([
    ['unshare', { stdout: wanted }],
    ['list table inet', loaded(WANTED)],
    ['list table bridge', loaded([bridged])],
  ]);
  assert.deepEqual(await inexactRules(commands, 'rules'), []);
  const [asked = ''] = commands.lines;
  assert.ok(asked.startsWith('read unshare --net -- ['), asked);
  assert.ok(asked.endsWith('<<"rules"'), asked);
  const empty = told([
    ['unshare', { stdout: wanted }],
    ['list table', loaded([])],
  ]);
  assert.deepEqual(await inexactRules(empty, 'rules'), [
    "the firewall table 'inet klee' lacks the chain forward",
    "the firewall table 'inet klee' lacks the set open4",
    "the firewall table 'bridge klee' lacks the chain senders",
  ]);
});

test.run();
