import assert from 'node:assert/strict';
import { test } from 'uvu';
import { changed, differences, made, owners } from '../src/away/compare.ts';
import { isLeftOut } from '../src/away/exceptions.ts';
import { judge } from '../src/away/judge.ts';
import { never, once } from '../src/away/look/entry.ts';
import type { Entry, Look } from '../src/away/look/entry.ts';
import { withNames } from '../src/away/names.ts';
import { kindOf, removals } from '../src/away/removals.ts';
import { inTurn } from '../src/order.ts';
import { SCENARIOS, nameOf, stagesOf } from '../src/away/scenario.ts';
import type { Scenario } from '../src/away/scenario.ts';

const SCENARIO: Scenario = { type: 'bridge', families: ['ipv4'], mode: 'plain' };

function look(values: Readonly<Record<string, string>>): Look {
  return new Map(
    Object.entries(values).map(([key, value]): [string, Entry] => [
      key,
      { key, value, ways: () => [once('deleted', ['rm', key])] },
    ]),
  );
}

const BARE = look({ 'table a': '1', 'setting s': '0' });
const STEPS = [
  { name: 'net', look: look({ 'table a': '1', 'setting s': '1', 'route r': 'x' }) },
  { name: 'ipnet', look: look({ 'table a': '2', 'setting s': '1', 'route r': 'x' }) },
];

test('what a command has added or changed is its own, and the rest of the host is not', () => {
  const found = made(BARE, STEPS, () => undefined);
  assert.deepEqual(
    found.map(({ entry, old, owner }) => [entry.key, old, owner]),
    [
      ['table a', '1', 'ipnet'],
      ['setting s', '0', 'net'],
      ['route r', '', 'net'],
    ],
  );
  assert.equal(owners(BARE, STEPS).get('table a'), 'ipnet');
});

test('what is as on an interface that nothing configures was not made', () => {
  const found = made(BARE, STEPS, ({ key }) => (key === 'route r' ? 'x' : undefined));
  assert.ok(found.every(({ entry }) => entry.key !== 'route r'));
});

test('differences say what was, and what is', () => {
  const [first, last] = [STEPS[0]?.look ?? BARE, STEPS[1]?.look ?? BARE];
  assert.deepEqual(differences(first, last), ['table a: 1 is now 2']);
  assert.deepEqual(differences(BARE, first), ['setting s: 0 is now 1', '+ route r: x']);
  assert.deepEqual(changed(first, BARE), ['route r', 'setting s']);
});

const built = stagesOf(SCENARIO);
const entry: Entry = { key: 'route r', value: '', ways: never };
const route = { entry, old: '', owner: 'ipnet' };

for (const [what, told, kind] of [
  ['silence', [], 'unnoticed'],
  ['the container', [{ kind: 'endpoint', name: 'ipnet', message: 'm' }], undefined],
  ['its network', [{ kind: 'network', name: 'net', message: 'm' }], undefined],
  ['another container', [{ kind: 'endpoint', name: 'vnet', message: 'm' }], 'wrong name'],
  [
    'another one, too',
    ['ipnet', 'beside'].map((name) => ({ kind: 'endpoint', name, message: 'm' })),
    'wrong name',
  ],
  ['the firewall, for a route', [{ kind: 'firewall', name: '', message: 'm' }], 'wrong name'],
] as const) {
  test(`${what} is judged as ${kind ?? 'right'}`, () => {
    assert.equal(judge(told, { owned: route, touched: [], made: built })?.kind, kind);
  });
}

test('another container may be told where something of it has changed with it', () => {
  const told = ['ipnet', 'vnet'].map((name) => ({ kind: 'endpoint', name, message: 'm' }));
  assert.equal(judge(told, { owned: route, touched: ['vnet'], made: built }), undefined);
});

test('each thing is mended in two ways, and by names that are the same in each visit', () => {
  const names = new Map([['0123456789ab', 'ipnet']]);
  const own = { ...entry, key: 'route of klc0123456789ab', ways: () => [once('deleted')] };
  const of = (owner: string): readonly string[] =>
    removals([{ entry: own, old: '', owner }], built, names).map(({ what }) => what);
  assert.deepEqual(of('ipnet'), [
    "ipnet's route of klc‹ipnet› deleted, then repair",
    "ipnet's route of klc‹ipnet› deleted, then start",
  ]);
  assert.match(of('net')[1] ?? '', /then boot$/);
  assert.deepEqual(of('beside'), []);
  assert.equal(withNames('run 0123456789ab, abcdefabcdef', names), 'run ‹ipnet›, …');
});

test('rules of the firewall wait for their turn', () => {
  const keys = ['rule 1', 'rule 2', 'element 3', 'route 4', 'address 5'];
  const all = keys.map((key) => ({
    what: key,
    owned: { ...route, entry: { ...entry, key } },
    way: once('deleted'),
    mender: 'repair' as const,
  }));
  const order = inTurn(all, 1, kindOf).map(({ what }) => what);
  assert.deepEqual(order.slice(0, 3).filter((key) => /rule|element/.test(key)).length, 1);
  assert.deepEqual(order.toSorted(), keys.toSorted());
});

test('what is left out is the own of the kernel, and nothing that klee sets', () => {
  assert.ok(isLeftOut('route local 10.77.1.1 table local dev kln‹net› metric 0 deleted'));
  assert.ok(!isLeftOut('route unicast 10.77.1.0/29 table main dev kln‹net› metric 0 deleted'));
  assert.ok(!isLeftOut('setting net/ipv4/ip_forward set to 0'));
  assert.ok(!isLeftOut('MAC address of kln‹net› set to x'));
});

test('scenarios have names of their own', () => {
  assert.equal(new Set(SCENARIOS.map(nameOf)).size, SCENARIOS.length);
});

test.run();
