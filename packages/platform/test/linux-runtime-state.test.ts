import assert from 'node:assert/strict';
import { test } from 'uvu';
import { isRunning, parseState } from '../src/linux/runtime-state.ts';

const BUNDLE = '/var/db/klee/containers/64aefaeee6a5/run-a093ce16dc1c';

/** What klee reads of the file that runc 1.1.5 writes. */
function state(change: object = {}): string {
  return JSON.stringify({
    id: 'klee-64aefaeee6a5',
    init_process_pid: 74,
    init_process_start: 7082963,
    config: { labels: ['org.kleenet.run=a093ce16dc1c', `bundle=${BUNDLE}`] },
    ...change,
  });
}

/** Of proc_pid_stat(5): the name may have anything in it. */
function stat(letter: string, start = 7082963): string {
  return `74 (a) Z 1 (b) ${letter} 61 74 74 0 -1 4194560 763 0 0 0 3 3 0 0 20 0 1 0 ${start} 2560000 355\n`;
}

test('the state file of runc tells the process, its start and the bundle', () => {
  assert.deepEqual(parseState(state()), { pid: 74, start: 7082963, bundle: BUNDLE });
});

test('a file that does not tell all of them is not understood', () => {
  for (const text of [
    state({ init_process_pid: undefined }),
    state({ init_process_start: undefined }),
    state({ config: undefined }),
    state({ config: {} }),
    state({ config: { labels: ['org.kleenet.run=a093ce16dc1c'] } }),
    state().slice(0, 20),
    '',
  ])
    assert.equal(parseState(text), undefined, text);
});

test('a process runs until it has ended, reaped or not', () => {
  for (const letter of ['S', 'R', 'D', 'T', 'I'])
    assert.ok(isRunning(stat(letter), 7082963), letter);
  assert.ok(!isRunning(stat('Z'), 7082963));
  assert.ok(!isRunning(stat('X'), 7082963));
  assert.ok(!isRunning('', 7082963));
});

test('another process with the number of an earlier one is not that one', () => {
  assert.ok(!isRunning(stat('S', 7082964), 7082963));
});

test.run();
