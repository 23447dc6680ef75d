/** What klee says of rules that are not as they should be, and of a pf.conf that does not call them. Pure parts. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import {
  companionProblems,
  cutOffProblems,
  filterProblems,
  skippedProblems,
  staleTables,
} from '../src/freebsd/firewall/compare.ts';
import { anchorReasons } from '../src/freebsd/firewall/probe.ts';

const TEXT = `table <klee_containers> { 10.0.0.0/24 }
table <klee_33> const { 10.3.0.0/24 }
no nat on em0 inet from 10.0.0.0/24 to 10.0.0.0/24
block drop in on ! em0 from any to <klee_containers>
pass out on "em1" from <klee_containers> to any label "klee:0a1b2c3d4e5f"
`;
const TABLES = ['klee_containers', 'klee_33'];

test('a member of a bridge that no loaded rule is about is cut off', () => {
  const filter = ['pass in on kln1 from any to any', 'pass in on "tap0" from any to any'];
  const [problem = '', ...others] = cutOffProblems(['kln1', 'tap0', 'tap1'], filter);
  assert.deepEqual(others, []);
  assert.match(problem, /^interface tap1 /);
  // Nothing is cut off by rules that are missing, which is told in another way.
  assert.deepEqual(cutOffProblems(['tap1'], []), []);
  // A rule for all interfaces but one is not about that one.
  assert.equal(cutOffProblems(['em0'], ['block in on ! em0 from any to any']).length, 1);
});

test('parts that are missing are told apart from those of networks that are gone', () => {
  const there = { translation: ['no nat on em0 …'], tables: TABLES };
  assert.deepEqual(companionProblems(TEXT, there), []);
  const told = (changes: Partial<typeof there>): string =>
    companionProblems(TEXT, { ...there, ...changes }).join('\n');
  assert.match(told({ translation: [] }), /^the rules for NAT .* are missing/);
  assert.match(told({ tables: ['klee_33'] }), /^the firewall table klee_containers is missing/);
  assert.match(told({ tables: [...TABLES, 'klee_44'] }), /^the firewall table klee_44 .* gone$/);
  // Tables of the user may be in the same anchor.
  assert.equal(told({ tables: [...TABLES, 'spammers'] }), '');
  assert.deepEqual(staleTables(TEXT, [...TABLES, 'klee_44', 'spammers']), ['klee_44']);
});

test('rules without translation miss none', () => {
  // A label may read like a rule.
  const text = 'pass in on em0 from any to any label "no nat on em0, table <x>"\n';
  assert.deepEqual(companionProblems(text, { translation: [], tables: [] }), []);
  for (const rule of ['nat on em0 …', 'rdr on em0 …', 'no rdr on em0 …'])
    assert.equal(companionProblems(`${rule}\n`, { translation: [], tables: [] }).length, 1, rule);
});

test('rules that differ are told apart from those that are missing', () => {
  assert.match(filterProblems(TEXT, []).join(), /are missing/);
  assert.match(filterProblems(TEXT, ['pass all']).join(), /do not match/);
  const labelled = ['pass out on em1 all label "klee:0a1b2c3d4e5f"'];
  assert.deepEqual(filterProblems(TEXT, labelled), []);
  assert.deepEqual(filterProblems('', labelled), [], 'nothing is wanted');
});

test('an exemption is told where packets of containers pass', () => {
  const skipped = (setting: string, ...interfaces: readonly string[]): number =>
    skippedProblems(TEXT, [{ setting, interfaces }]).length;
  assert.equal(skipped('em1'), 1);
  assert.equal(skipped('egress', 'em9', 'em1'), 1);
  assert.equal(skipped('egress', 'em9'), 0);
});

const MAIN = { skipped: [], reassembles: true };
const LINES = {
  ...MAIN,
  translation: ['nat-anchor "klee/*"', 'rdr-anchor "klee/*"'],
  filter: ['anchor "klee/*"'],
};

test('a missing line of pf.conf is told with its place', () => {
  assert.deepEqual(anchorReasons(LINES, undefined), []);
  const withoutFilter = anchorReasons({ ...LINES, filter: [] }, undefined);
  assert.equal(withoutFilter.length, 2);
  assert.match(withoutFilter[0] ?? '', /^the line anchor .* among the filter rules, as the first/);
  assert.match(withoutFilter[1] ?? '', /has the line, check it with/);
  const all = anchorReasons(
    { ...MAIN, translation: [], filter: ['anchor "klee/*" on em0 all'] },
    undefined,
  );
  assert.equal(all.length, 4);
  assert.match(all[0] ?? '', /nat-anchor .* translation rules, which stand above all filter rules/);
  assert.match(all[3] ?? '', /has these lines, /);
});

test('lines that are in the file are only to be loaded; one of two is not enough', () => {
  const loaded = { ...MAIN, translation: ['nat-anchor "klee/*" all'], filter: [] };
  const [reason = '', ...others] = anchorReasons(loaded, LINES);
  assert.deepEqual(others, []);
  assert.match(reason, /but they are not loaded: run 'pfctl -f/);
  assert.equal(anchorReasons(loaded, { ...LINES, translation: [] }).length, 3);
});

test.run();
