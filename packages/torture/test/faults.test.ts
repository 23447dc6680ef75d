/** What the machine `faults` knows without a host: calls and their faults, how commands may end, the order of a list. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { callFaults, callsOf, planOf } from '../src/faults/calls.ts';
import { damaged, damageFaults } from '../src/faults/damage.ts';
import { judgeDamaged, judgeEnd } from '../src/faults/judge.ts';
import { amountOf, judgeLimit, limitFaults } from '../src/faults/limits.ts';

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
  const faults = callFaults(calls);
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

test('a full disk keeps no command from removing, and an error says what is full', () => {
  const said = (status: number, stderr = ''): Parameters<typeof judgeLimit>[0] => ({
    status,
    stderr,
    stdout: '',
  });
  const full = { key: 'disk', nth: 1, sort: 'disk-full' } as const;
  const tells = error('DISK_FULL', 'no space is left on the file system');
  assert.equal(judgeLimit(said(0), full, { frees: true }), undefined);
  assert.equal(judgeLimit(said(1, tells), full, {}), undefined);
  assert.match(judgeLimit(said(1, tells), full, { frees: true }) ?? '', /not done/);
  assert.match(judgeLimit(said(1, error('DATABASE_UNAVAILABLE')), full, {}) ?? '', /say why/);
  const readOnly = { key: 'disk', nth: 1, sort: 'read-only' } as const;
  const refused = said(1, error('STATE_READ_ONLY', 'a read-only file system'));
  assert.equal(judgeLimit(refused, readOnly, { frees: true }), undefined);
  assert.match(judgeLimit(refused, readOnly, { reads: true }) ?? '', /not done/);
  assert.ok(limitFaults().every((fault) => amountOf(fault) >= 0));
});

test('damage changes a file, and each sort that a file may take is in the list', () => {
  const good = Buffer.from('SQLite format 3\0'.repeat(600));
  const faults = damageFaults(['kleenet.db', 'kleenet.db-journal', 'locks/network-net1/lock']);
  for (const fault of faults) {
    const bytes = damaged(good, fault);
    if (['deleted', 'directory', 'older'].includes(fault.sort)) assert.equal(bytes, undefined);
    else assert.notDeepEqual(bytes, good, JSON.stringify(fault));
  }
  const ofLock = faults.filter(({ key }) => key.startsWith('locks')).map(({ sort }) => sort);
  assert.deepEqual([...new Set(ofLock)], ['overwritten', 'deleted', 'directory', 'foreign']);
});

test('an error about damage says what to do', () => {
  const told = JSON.stringify({
    error: { code: 'DATABASE_DAMAGED', message: 'x', hint: 'restore' },
  });
  const end = (stderr: string): string | undefined =>
    judgeDamaged({ status: 1, stdout: '', stderr });
  assert.equal(end(told), undefined);
  assert.match(end(told.replace('restore', '')) ?? '', /what to do/);
  assert.match(end(error('INTERNAL')) ?? '', /INTERNAL/);
});

test.run();
