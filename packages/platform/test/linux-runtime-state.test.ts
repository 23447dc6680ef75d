import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import type { CommandRunner } from '@kleenet/core';
import { createFakeClock } from '@kleenet/core/testing';
import { sampleContainer, sampleRun } from '../../core/test/support/samples.ts';
import { UNREADABLE, createHostFiles } from '../src/linux/host-files.ts';
import { layoutOf } from '../src/linux/layout.ts';
import { sandboxName } from '../src/linux/names.ts';
import { RUNTIME_STATE } from '../src/linux/runtime.ts';
import { isRunning, parseState, runtimeContainers } from '../src/linux/runtime-state.ts';
import { hostFiles } from './support/host-files.ts';

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

const container = sampleContainer();
const spec = { container, run: sampleRun(container) };
const layout = layoutOf('/var/db/klee');
const { bundle } = layout.run(container.id, spec.run.id);
const folder = `${RUNTIME_STATE}/${sandboxName(container.id)}`;

type Text = string | typeof UNREADABLE;

/** What is said of a container on a host with these files, whose runtime lists it, and after how many questions. */
async function told(there: ReadonlyMap<string, Text>): Promise<object> {
  const asked: string[] = [];
  const list = [{ id: sandboxName(container.id), pid: 74, status: 'running', bundle }];
  const refused = (): never => assert.fail('a change');
  const commands: CommandRunner = {
    read(argv) {
      asked.push(argv.join(' '));
      return Promise.resolve({ status: 0, stdout: JSON.stringify(list), stderr: '' });
    },
    change: refused,
    foreground: refused,
  };
  const files = hostFiles({
    read: (path) => Promise.resolve(path === '/proc/74/stat' ? stat('S') : undefined),
    readPrivate: (path) => Promise.resolve(there.get(path)),
    has: (path) => Promise.resolve(there.has(path)),
  });
  const [found] = await runtimeContainers(
    {
      commands,
      files,
      layout,
      logger: { debug: () => {}, warn: () => {} },
      logLimit: 0,
      runtime: () => Promise.resolve({ name: 'runc', path: '/usr/bin/runc', reason: '' }),
      commandPrefix: [],
      clock: createFakeClock(),
      architecture: 'x64',
    },
    [spec],
  );
  return { status: found?.status, asked: asked.length };
}

test('the runtime is asked only where its file does not tell', async () => {
  const file = `${folder}/state.json`;
  const own = state({ config: { labels: [`bundle=${bundle}`] } });
  const withFile = (text: Text): ReadonlyMap<string, Text> =>
    new Map<string, Text>([
      [folder, UNREADABLE],
      [file, text],
    ]);
  assert.deepEqual(await told(withFile(own)), { status: 'running', asked: 0 });
  assert.deepEqual(await told(new Map()), { status: undefined, asked: 0 });
  for (const text of [UNREADABLE, '{}'] as const)
    assert.deepEqual(await told(withFile(text)), { status: 'running', asked: 1 });
});

test('a runtime that is only called runc has other files, and is asked', async () => {
  assert.deepEqual(await told(new Map([[folder, UNREADABLE]])), { status: 'running', asked: 1 });
});

test('a folder is there until it is removed', async () => {
  const path = mkdtempSync(join(tmpdir(), 'kleenet-folder-'));
  assert.equal(await createHostFiles().has(path), true);
  rmdirSync(path);
  assert.equal(await createHostFiles().has(path), false);
});

test('behind a prefix no private file is read', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'kleenet-prefix-')), 'file');
  writeFileSync(path, 'x');
  assert.equal(await createHostFiles().readPrivate(path), 'x');
  assert.equal(await createHostFiles().readPrivate(path, 0), UNREADABLE);
  assert.equal(await createHostFiles(['doas']).readPrivate(path), UNREADABLE);
  rmSync(dirname(path), { recursive: true });
});

const onLinux = (title: string, body: () => Promise<void>): void => {
  if (process.platform === 'linux') test(title, body);
  else test.skip(title, body);
};

onLinux('a process that ends while its file is open has none', async () => {
  const child = spawn('sleep', ['1000']);
  const open = openSync(`/proc/${child.pid}/stat`, 'r');
  child.kill('SIGKILL');
  await once(child, 'exit');
  try {
    assert.equal(await createHostFiles().read(`/proc/self/fd/${open}`), undefined);
    assert.equal(await createHostFiles().readPrivate(`/proc/self/fd/${open}`), undefined);
  } finally {
    closeSync(open);
  }
});

test.run();
