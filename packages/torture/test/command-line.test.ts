import assert from 'node:assert/strict';
import { test } from 'uvu';
import { readOrder, usage } from '../src/command-line.ts';
import type { Order } from '../src/command-line.ts';
import { StoppedError } from '../src/machine.ts';
import type { Machine } from '../src/machine.ts';

const MACHINES: readonly Machine[] = ['walk', 'rules'].map((name) => ({
  name,
  kinds: [],
  run: () => Promise.resolve({ tried: {}, faults: [] }),
}));

function order(line: string, environment: Record<string, string> = {}): Order {
  return readOrder(line === '' ? [] : line.split(' '), MACHINES, environment);
}

test('without words all machines run for a minute', () => {
  const { machines, seconds, seed, help } = order('');
  assert.deepEqual(
    [machines.map(({ name }) => name), seconds, seed, help],
    [['walk', 'rules'], 60, 1, false],
  );
});

test('machines, seconds and a seed are chosen', () => {
  const { machines, seconds, seed } = order('rules --seconds 600 --seed 7');
  assert.deepEqual([machines.map(({ name }) => name), seconds, seed], [['rules'], 600, 7]);
});

test('a real host is asked for by the prefix, and for walks on FreeBSD only', () => {
  const environment = { KLEE_COMMAND_PREFIX: '["ssh", "there"]' };
  assert.deepEqual(order('walk --on freebsd', environment).prefix, ['ssh', 'there']);
  assert.equal(order('walk --on linux', environment).prefix, undefined);
});

for (const [line, message] of [
  ['nonsense', /^the machine 'nonsense' is not one of walk, rules$/],
  ['--seconds abc', /^--seconds takes a number from 1, not 'abc'$/],
  ['--seconds 0', /^--seconds takes a number from 1, not '0'$/],
  ['--seed x', /^--seed takes a number from 0, not 'x'$/],
  ['--on plan9', /^--on takes linux, freebsd, memory, not 'plan9'$/],
  ['--klee /nowhere/klee', /^the program of --klee does not exist: \/nowhere\/klee$/],
  ['--sceonds 5', /--sceonds/],
] as const)
  test(`${line} is refused`, () => {
    assert.throws(
      () => order(line),
      (error) => error instanceof StoppedError && message.test(error.message),
    );
  });

test('a prefix that is not a list of words is refused', () => {
  for (const text of ['ssh there', '{}', '[1]'])
    assert.throws(
      () => order('--on freebsd', { KLEE_COMMAND_PREFIX: text }),
      /is not a JSON array of words/,
    );
});

test('help names every machine', () => {
  assert.ok(order('--help').help);
  assert.match(usage(MACHINES), /walk, rules; all/);
});

test.run();
