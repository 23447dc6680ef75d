import assert from 'node:assert/strict';
import { test } from 'uvu';
import { shorten } from '../src/walk/shorten.ts';
import { walkOf } from '../src/walk/steps/index.ts';
import { table } from '../src/table.ts';

const LIST = Array.from({ length: 23 }, (_, index) => index);
const NEVER = { until: Number.POSITIVE_INFINITY };

test('leaves what is needed, in its order', async () => {
  for (const needed of [[0], [22], [3, 4, 17], [0, 11, 22], LIST]) {
    const shows = async (tried: readonly number[]): Promise<boolean> =>
      needed.every((one) => tried.includes(one));
    assert.deepEqual(await shorten(LIST, shows, NEVER), needed);
  }
});

test('ends in time, with what it has', async () => {
  const shows = (): Promise<boolean> => assert.fail('tried too late');
  assert.equal(await shorten(LIST, shows, { until: 0 }), LIST);
});

test('a seed is a walk', () => {
  const [one, same, other] = [walkOf(5, 30), walkOf(5, 30), walkOf(6, 30)];
  assert.deepEqual(one, same);
  assert.notDeepEqual(one, other);
  assert.equal(one.length, 30);
  assert.equal(walkOf(5, 30, 'memory').length, 30);
  // It is printed, and pasted into a table.
  assert.deepEqual(JSON.parse(JSON.stringify(one)), one);
});

test('the table has a line for each kind, found or not', () => {
  const machine = { name: 'm', kinds: ['leak', 'deaf'], run: () => assert.fail() };
  const fault = { kind: 'deaf', seed: 1, text: '', shortened: '' };
  const text = table([{ machine, result: { tried: { steps: 12 }, faults: [fault, fault] } }]);
  assert.deepEqual(
    text.split('\n').map((line) => line.trim().split(/ +/)),
    [['m'], ['steps', '12'], ['leak', '0'], ['deaf', '2']],
  );
});

test.run();
