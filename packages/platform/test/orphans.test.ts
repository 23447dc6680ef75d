import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import type { Clock } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { SILENT_LOGGER } from '@kleenet/core/testing';
import { awaitOrphans, createCommandRunner, openChildren } from '@kleenet/platform/runner';
import { until } from '../../core/test/support/waiting.ts';

const clock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) =>
    sleep(milliseconds, undefined, signal === undefined ? {} : { signal }),
};
const DOOMED = fileURLToPath(new URL('support/doomed.ts', import.meta.url));

const newDirectory = (): string => mkdtempSync(join(tmpdir(), 'kleenet-orphans-'));
const left = (directory: string): readonly string[] => {
  const children = join(directory, 'children');
  return existsSync(children) ? readdirSync(children) : [];
};
const wait = (directory: string, patience: number): Promise<void> =>
  awaitOrphans({ directory, clock, patience });

interface Doomed {
  readonly directory: string;
  /** Runs until `stop` exists in the directory. */
  readonly klee: ChildProcess;
}

/** A klee whose command has begun. */
async function doomed(prefix: readonly string[] = [], input?: string): Promise<Doomed> {
  const directory = newDirectory();
  const script = ': >"$1/begun"; until [ -e "$1/stop" ]; do sleep 0.02; done; : >"$1/ended"';
  const command = ['sh', '-c', script, 'sh', directory];
  const words = [directory, JSON.stringify(prefix), JSON.stringify(command)];
  const klee = spawn(
    process.execPath,
    [...process.execArgv, DOOMED, ...words, ...(input === undefined ? [] : [input])],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  await until('it has begun', () => existsSync(join(directory, 'begun')));
  return { directory, klee };
}

async function kill({ klee }: Doomed): Promise<void> {
  klee.kill('SIGKILL');
  await once(klee, 'exit');
}

function stop(directory: string): void {
  writeFileSync(join(directory, 'stop'), '');
}

/** Runs its words with no descriptors but the first three, as doas(1) does. */
function narrowPrefix(): string {
  const path = join(newDirectory(), 'narrow');
  writeFileSync(path, '#!/bin/sh\nexec 3>&- 4>&- 5>&-\nexec "$@"\n');
  chmodSync(path, 0o755);
  return path;
}

for (const [title, prefix, input] of [
  ['a command', [], undefined],
  ['a command with input', [], 'some text'],
  ['a command behind a prefix that passes on three descriptors', [narrowPrefix()], undefined],
] as const) {
  test(`${title} of a klee that was killed is waited for, and then nothing is left`, async () => {
    const one = await doomed(prefix, input);
    await wait(one.directory, 0);
    assert.equal(left(one.directory).length, 1, 'its klee is alive');
    await kill(one);
    await assert.rejects(
      wait(one.directory, 100),
      (error) =>
        hasCode(error, 'OBJECT_BUSY') &&
        error.message.includes(String(one.klee.pid)) &&
        error.hint !== undefined,
    );
    assert.ok(!existsSync(join(one.directory, 'ended')));
    const waited = wait(one.directory, 10_000);
    stop(one.directory);
    await waited;
    assert.ok(existsSync(join(one.directory, 'ended')), 'it was not waited for');
    await until('none is left', () => left(one.directory).length === 0);
  });
}

test('nobody waits for the command of a klee that lives, and it leaves nothing', async () => {
  const one = await doomed();
  await wait(one.directory, 0);
  stop(one.directory);
  await once(one.klee, 'exit');
  assert.deepEqual(left(one.directory), []);
});

test('an interrupt ends the waiting', async () => {
  const one = await doomed();
  await kill(one);
  const interrupt = new AbortController();
  const waiting = awaitOrphans({
    directory: one.directory,
    clock,
    patience: 10_000,
    signal: interrupt.signal,
  });
  interrupt.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  stop(one.directory);
  await wait(one.directory, 10_000);
});

test('a state directory without any is nothing to wait for', async () => {
  await wait(newDirectory(), 0);
  await wait(join(newDirectory(), 'not', 'there'), 0);
});

test('what was given up half-made is forgotten after a while', async () => {
  const directory = newDirectory();
  const hidden = join(directory, 'children', '.4711-half');
  mkdirSync(hidden, { recursive: true });
  await wait(directory, 0);
  assert.deepEqual(left(directory), ['.4711-half']);
  const past = new Date(Date.now() - 120_000);
  utimesSync(hidden, past, past);
  await wait(directory, 0);
  assert.deepEqual(left(directory), []);
});

test('commands find an empty input, and what they start in the background need not hold on', async () => {
  const directory = newDirectory();
  const environment = process.env;
  const children = openChildren({
    directory,
    pid: process.pid,
    environment,
    logger: SILENT_LOGGER,
  });
  const commands = createCommandRunner({
    commandPrefix: [],
    children,
    environment,
    logger: SILENT_LOGGER,
  });
  const { stdout } = await commands.change(['sh', '-c', 'cat; echo read']);
  assert.equal(stdout, 'read\n');
  assert.equal((await commands.change(['cat'], { input: 'given' })).stdout, 'given');
  await commands.change([
    'sh',
    '-c',
    'sleep 600 </dev/null >/dev/null 2>&1 & echo $! >"$1"',
    'sh',
    join(directory, 'pid'),
  ]);
  children.close();
  assert.deepEqual(left(directory), []);
  await createCommandRunner({ commandPrefix: [], environment, logger: SILENT_LOGGER }).change([
    'sh',
    '-c',
    'kill "$(cat "$1")"',
    'sh',
    join(directory, 'pid'),
  ]);
});

test('where no FIFO can be made, commands run all the same', async () => {
  const directory = newDirectory();
  writeFileSync(join(directory, 'children'), 'a file');
  const told: string[] = [];
  const environment = process.env;
  const children = openChildren({
    directory,
    pid: process.pid,
    environment,
    logger: { ...SILENT_LOGGER, debug: (message) => void told.push(message) },
  });
  assert.equal(await children.hold(), undefined);
  assert.match(told[0] ?? '', /other klee processes will not wait/);
  children.close();
});

test.run();
