/** Terminals that commands get from script(1), and the hook that tells of their start, run for real. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { CallerTerminal } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { layoutOf } from '../src/linux/layout.ts';
import { startedHook } from '../src/linux/supervisor.ts';
import { relayFor, relayWords, requireRelay } from '../src/linux/terminal.ts';
import { ON_TERMINAL } from './support/scripts/embedded.ts';
import { hostFiles } from './support/host-files.ts';

const CALLER: CallerTerminal = { rows: 33, columns: 77, input: true };

function onTerminal(
  caller: CallerTerminal | undefined,
  words: readonly string[],
): { readonly status: number | null; readonly stdout: string } {
  const directory = mkdtempSync(join(tmpdir(), 'kleenet-terminal-'));
  try {
    const relay = relayWords(relayFor(true, false, caller));
    const { status, stdout } = spawnSync(
      'sh',
      ['-c', ON_TERMINAL.text, ON_TERMINAL.name, ...relay, join(directory, 'fifo'), ...words],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 },
    );
    assert.deepEqual(readdirSync(directory), []);
    return { status, stdout: stdout.replaceAll('\r', '') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('a command has a terminal where there is none, its own words, and its own status', () => {
  const words = ['a b', '', '$HOME', "it's", '"', '\\', 'two\nlines'];
  const shown = onTerminal(undefined, [
    'sh',
    '-c',
    '[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && printf "<%s>\\n" "$@"; exit 7',
    'sh',
    ...words,
  ]);
  assert.equal(shown.stdout, words.map((word) => `<${word}>\n`).join(''));
  assert.equal(shown.status, 7);
});

test('a terminal has the size of the window from its first moment on', () => {
  assert.deepEqual(onTerminal({ ...CALLER, input: false }, ['stty', 'size']), {
    status: 0,
    stdout: '33 77\n',
  });
});

test("only who reads from the caller's terminal has it", () => {
  assert.equal(relayFor(true, true, CALLER).needed, false);
  assert.equal(relayFor(false, false, undefined).needed, false);
  for (const caller of [undefined, { ...CALLER, input: false }])
    assert.equal(relayFor(true, true, caller).needed, true);
  assert.equal(relayFor(true, false, CALLER).needed, true);
});

test('a host without script(1) says so', async () => {
  const files = (found: string | undefined) => hostFiles({ find: () => Promise.resolve(found) });
  const needed = relayFor(true, false, undefined);
  await requireRelay(files('/usr/bin/script'), needed);
  await requireRelay(files(undefined), relayFor(false, false, undefined));
  await assert.rejects(requireRelay(files(undefined), needed), (error: unknown) =>
    hasCode(error, 'TOOL_MISSING'),
  );
});

test('the hook reads all that the runtime writes to it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kleenet-hook-'));
  const paths = { ...layoutOf(directory).run('c', 'r'), life: join(directory, 'life') };
  writeFileSync(paths.life, '');
  const { path, args } = startedHook(paths);
  const { status, error } = spawnSync(path, args.slice(1), { input: 'x'.repeat(2 ** 21) });
  assert.deepEqual([status, error], [0, undefined]);
  assert.equal(readFileSync(paths.life, 'utf8'), 'started\n');
  rmSync(directory, { recursive: true });
});

test.run();
