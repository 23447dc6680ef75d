/** What the machine `faults` knows without a host: calls and their faults, how commands may end, the order of a list. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { callsOf, faultsOf, planOf } from '../src/faults/calls.ts';
import { judgeEnd } from '../src/faults/judge.ts';

const CALLS = ['ip\t1\t-batch -', 'torn', 'klee-end/runc\t0\tkill', 'ip\t0\tlink show', ''].join(
  '\n',
);

test('calls are counted by their keys, and torn lines are left out', () => {
  const calls = callsOf(CALLS);
  assert.deepEqual(
    calls.map(({ key, input }) => [key, input]),
    [
      ['ip', true],
      ['klee-end/runc', false],
      ['ip', false],
    ],
  );
  const faults = faultsOf(calls);
  assert.ok(faults.some(({ key, nth, sort }) => key === 'ip' && nth === 2 && sort === 'cut'));
  assert.ok(!faults.some(({ key, sort }) => key === 'klee-end/runc' && sort === 'cut'));
  assert.equal(planOf({ key: 'ip', nth: 2, sort: 'interrupted' }), 'ip 2 hangs');
});

const error = (code: string, message = 'why'): string =>
  `${JSON.stringify({ error: { code, message, hint: '', details: {} } })}\n`;

test('a command ends with an error of klee, or has done its work', () => {
  const end = (status: number | null, stderr = '', stdout = ''): string | undefined =>
    judgeEnd({ status, stderr, stdout });
  assert.equal(end(0), undefined);
  assert.equal(end(0, 'warning: something\n'), undefined);
  assert.equal(end(1, error('PLATFORM_COMMAND_FAILED')), undefined);
  assert.equal(end(130, error('INTERRUPTED')), undefined);
  assert.equal(end(1, '', '[{"kind":"network"}]'), undefined);
  for (const [status, stderr] of [
    [null, ''],
    [1, ''],
    [134, ''],
    [1, error('INTERNAL')],
    [1, error('DATABASE_DAMAGED')],
    [1, error('PLATFORM_COMMAND_FAILED', '')],
    [1, 'TypeError: x is not a function\n    at main (file:1:2)\n'],
    [0, 'Segmentation fault\n'],
  ] as const)
    assert.ok(end(status, stderr) !== undefined, `${status} ${stderr}`);
});

test.run();
