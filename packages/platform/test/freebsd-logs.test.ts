/** The scripts that print a log, run by a real shell with a ps(1) that lists what the test says. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import type { Container, LogsOptions, Run } from '@kleenet/core';
import { layoutOf } from '../src/freebsd/layout.ts';
import { logsArgv } from '../src/freebsd/sandbox-logs.ts';
import { until } from '../../core/test/support/waiting.ts';

const test = suite<{ root: string; log: string; pid: string }>('freebsd logs');

const CONTAINER = { id: '0123456789ab' } as Container;
const RUN = { id: 'ba9876543210' } as Run;

test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), 'klee-logs-'));
  context.log = layoutOf(context.root).container(CONTAINER.id).log;
  context.pid = join(context.root, 'pid');
  mkdirSync(dirname(context.log), { recursive: true });
  writeFileSync(join(context.root, 'ps'), `#!/bin/sh\ncat '${context.pid}'\n`);
  chmodSync(join(context.root, 'ps'), 0o755);
});
test.after.each(({ root }) => rmSync(root, { recursive: true, force: true }));

/** Starts printing. Gives what was printed so far, and its end. */
function printing(
  root: string,
  options: LogsOptions,
): { printed: () => string; ended: Promise<number | null> } {
  const [program, ...words] = logsArgv(layoutOf(root), CONTAINER, options);
  const child = spawn(program, words, { env: { PATH: `${root}:${process.env['PATH']}` } });
  let printed = '';
  child.stdout.on('data', (data) => (printed += data));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { printed: () => printed, ended };
}

test('a log is printed whole or from its end, and one that is not there is empty', async ({
  root,
  log,
}) => {
  const none = printing(root, {});
  assert.deepEqual([await none.ended, none.printed()], [0, '']);
  writeFileSync(log, 'one\ntwo\nthree\n');
  const whole = printing(root, {});
  assert.deepEqual([await whole.ended, whole.printed()], [0, 'one\ntwo\nthree\n']);
  const tail = printing(root, { tail: 2 });
  assert.deepEqual([await tail.ended, tail.printed()], [0, 'two\nthree\n']);
  const nothing = printing(root, { tail: 0 });
  assert.deepEqual([await nothing.ended, nothing.printed()], [0, '']);
});

test('following ends with the last process of the jail, when all is printed', async ({
  root,
  log,
  pid,
}) => {
  writeFileSync(log, 'one\ntwo\n');
  writeFileSync(pid, '77\n');
  const { printed, ended } = printing(root, { follow: RUN, tail: 1 });
  await until('it is printed', () => printed() === 'two\n');
  appendFileSync(log, 'three');
  await until('it is printed', () => printed() === 'two\nthree');
  // Much at once, and the end of the process right behind it.
  const much = `${'x'.repeat(200_000)}\n`;
  appendFileSync(log, much);
  rmSync(pid);
  assert.equal(await ended, 0);
  assert.equal(printed(), `two\nthree${much}`);
});

test('a log that is cut while it is followed begins anew, and one that is removed ends', async ({
  root,
  log,
  pid,
}) => {
  writeFileSync(log, 'a long first line\n');
  writeFileSync(pid, '77\n');
  const { printed, ended } = printing(root, { follow: RUN });
  await until('it is printed', () => printed() === 'a long first line\n');
  writeFileSync(log, 'new\n');
  await until('it is printed', () => printed() === 'a long first line\nnew\n');
  rmSync(root, { recursive: true });
  assert.equal(await ended, 0);
});

test.run();
