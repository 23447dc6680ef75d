/** The script that writes the log of a container, run by the shells that are here. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import { LOG_LIMIT, limitWords } from '../src/container/log.ts';
import { SHELLS } from './support/stand-ins.ts';
import { KEEP_LOG } from './support/scripts/embedded.ts';

interface Log {
  readonly directory: string;
  readonly run: (limit: number, script: string) => { status: number | null; said: string };
  readonly text: (name: string) => string;
}

function each(name: string, body: (log: Log) => void): void {
  for (const shell of SHELLS) {
    test(`${basename(shell)}: ${name}`, () => {
      const directory = mkdtempSync(join(tmpdir(), 'kleenet-log-'));
      const run: Log['run'] = (limit, script) => {
        const words = ['-c', KEEP_LOG.text, 'sh', ...limitWords(limit), '/bin/sh', '-c', script];
        const { status, stdout, stderr } = spawnSync(shell, words, {
          cwd: directory,
          argv0: 'sh',
          encoding: 'utf8',
          timeout: 60_000,
        });
        return { status, said: stdout + stderr };
      };
      const text = (file: string): string =>
        existsSync(join(directory, file)) ? readFileSync(join(directory, file), 'utf8') : '';
      try {
        body({ directory, run, text });
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });
  }
}

const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}\n`).join('');

each('what fits is in one file, also when a further run adds to it', ({ directory, run, text }) => {
  assert.deepEqual(run(LOG_LIMIT, 'seq 50000; exit 7'), { status: 7, said: '' });
  assert.deepEqual(run(LOG_LIMIT, 'echo again >&1; printf end'), { status: 0, said: '' });
  assert.ok(text('log') === `${numbers(1, 50_000)}again\nend`);
  assert.deepEqual(readdirSync(directory), ['log']);
});

each('the newest lines are kept in two files of half the limit', ({ directory, run, text }) => {
  for (const limit of [65_536, 1_000_000]) {
    for (const file of readdirSync(directory)) rmSync(join(directory, file));
    assert.deepEqual(run(limit, 'seq 200000'), { status: 0, said: '' });
    assert.deepEqual(readdirSync(directory).sort(), ['log', 'log.1']);
    for (const file of ['log', 'log.1'])
      assert.ok(statSync(join(directory, file)).size <= limit / 2);
    assert.ok(statSync(join(directory, 'log.1')).size > (limit / 2) * 0.7);
    const all = numbers(1, 200_000);
    const kept = text('log.1') + text('log');
    assert.ok(all.endsWith(kept), String(limit));
  }
});

each('a log that is longer than its limit is put aside', ({ run, text }) => {
  run(LOG_LIMIT, 'seq 50000');
  assert.deepEqual(run(65_536, 'echo short'), { status: 0, said: '' });
  assert.equal(text('log'), 'short\n');
  assert.ok(text('log.1') === numbers(1, 50_000));
});

each('what cannot be written is dropped, and what can be is written again', ({ run, text }) => {
  // A link to nowhere cannot be opened. It takes the place of the log at once: the writer would make a new one.
  const script = 'ln -s later/log link; mv link log; seq 50000; mkdir later; seq 300000; echo end';
  assert.deepEqual(run(65_536, script), { status: 0, said: '' });
  assert.match(text('log.1') + text('log'), /\n300000\nend\n$/);
});

each('a directory that is gone keeps no writer', ({ directory, run }) => {
  const script = `rm -r '${directory}'; seq 50000`;
  assert.deepEqual(run(LOG_LIMIT, script), { status: 0, said: '' });
});

each('a log that cannot be begun is told at once', ({ directory, run }) => {
  mkdirSync(join(directory, 'log'));
  const { status, said } = run(LOG_LIMIT, 'echo ran >&2');
  assert.equal(status, 9);
  assert.match(said, /directory/i);
  assert.doesNotMatch(said, /ran/);
});

test.run();
