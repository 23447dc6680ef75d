/** What processes that try a driver on a Linux host say, and what it means when they say too little or too much. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { tryOnLinux } from '../src/linux-trial.ts';
import type { Trial } from '../src/linux-trial.ts';

const BEGIN = '{"host":"a host","cases":["one","two"]}';
const ONE = '{"name":"one","result":"passed"}';
const TWO = '{"name":"two","result":"skipped","reason":"it needs more"}';

/** The first process runs this script, and the others find nothing to do. */
async function trialBy(script: string): Promise<Trial> {
  const nothing = `echo '{"host":"a host","cases":[]}'`;
  return tryOnLinux({
    directory: '/',
    signal: new AbortController().signal,
    words: (share) => ['sh', '-c', share.startsWith('1/') ? script : nothing],
  });
}

const said = (...lines: readonly string[]): string =>
  lines.map((line) => `printf '%s\\n' '${line}'`).join('; ');

test('each case is told, whatever the driver prints between them', async () => {
  const trial = await trialBy(said(BEGIN, '{ debug: 1', ONE, 'null', '[]', '{"a":1}', TWO));
  assert.deepEqual(trial, {
    host: 'a host',
    cases: [
      { name: 'one', result: 'passed' },
      { name: 'two', result: 'skipped', reason: 'it needs more' },
    ],
  });
});

test('cases that a process takes with it have failed', async () => {
  const trial = await trialBy(`${said(BEGIN, ONE)}; echo the last words >&2; kill -9 $$`);
  assert.ok('cases' in trial);
  const reason =
    'the process that tried it is gone: it ended with SIGKILL, and said: the last words';
  assert.deepEqual(trial.cases.at(-1), { name: 'two', result: 'failed', reason });
});

test('where a process cannot begin, nothing is tried, and why is told', async () => {
  const refused = await trialBy('echo unshare: not permitted >&2; exit 1');
  assert.deepEqual(refused, { untried: 'unshare: not permitted' });
  assert.deepEqual(await trialBy('exit 3'), { untried: 'it ended with status 3' });
});

test.run();
