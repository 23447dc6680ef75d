import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Argv, CommandRunner } from '@kleenet/core';
import type { KleenetError } from '@kleenet/core/errors';
import { createCommandRunner, createDryRunner, quoteCommand } from '@kleenet/platform/runner';
import { refused } from '../../core/test/support/refusals.ts';
import { isGone } from './support/processes.ts';

const directory = mkdtempSync(join(tmpdir(), 'kleenet-runner-'));

function runner(
  commandPrefix: readonly string[] = [],
  guard: readonly string[] = [],
  path: string | undefined = process.env['PATH'],
): CommandRunner & { readonly log: string[] } {
  const log: string[] = [];
  const logger = { debug: (message: string) => void log.push(message), warn: () => {} };
  return {
    ...createCommandRunner({
      commandPrefix,
      guard,
      environment: { PATH: path, GIVEN: 'x' },
      logger,
    }),
    log,
  };
}

function program(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

test('a command gets its input and words as they are, and its output comes back', async () => {
  const words = ['$HOME', 'a b', "it's", '*', ';true'];
  const script = 'cat; for word; do printf "[%s]" "$word"; done; echo problem >&2; exit 3';
  const result = await runner().read(['sh', '-c', script, 'sh', ...words], {
    input: 'in\n',
    accept: [3],
  });
  assert.deepEqual(result, {
    status: 3,
    stdout: "in\n[$HOME][a b][it's][*][;true]",
    stderr: 'problem\n',
  });
});

test('commands run in the C locale, with the environment that was given', async () => {
  assert.equal((await runner().read(['sh', '-c', 'echo $LC_ALL $GIVEN'])).stdout, 'C x\n');
});

test('a refused status is an error that keeps argv, status and stderr', async () => {
  const error = await refused(
    runner().change(['sh', '-c', 'echo why >&2; exit 4']),
    'PLATFORM_COMMAND_FAILED',
  );
  assert.match(error.message, /status 4.*why/);
  assert.deepEqual(error.details, {
    argv: ['sh', '-c', 'echo why >&2; exit 4'],
    status: 4,
    stdout: '',
    stderr: 'why\n',
  });
  await refused(
    runner().change(['sh', '-c', 'echo "tee: x: No space left on device" >&2; exit 1']),
    'DISK_FULL',
  );
});

test('of a script of klee the error shows name and words, and not its text', async () => {
  const argv = ['sh', '-c', 'echo why >&2; exit 4', 'klee-example', 'a', 'b c'] as const;
  const { message } = await refused(runner().change(argv), 'PLATFORM_COMMAND_FAILED');
  assert.equal(message, "command failed with status 4: klee-example a 'b c': why");
});

test('death by a signal is 128 and its number, and no answer where any status would be one', async () => {
  const argv = ['sh', '-c', 'echo part; kill -9 $$'] as const;
  assert.equal((await runner().read(argv, { accept: [137] })).status, 137);
  const { message } = await refused(
    runner().change(argv, { accept: 'any' }),
    'PLATFORM_COMMAND_FAILED',
  );
  assert.match(message, /status 137/);
  const said = await runner().read(['sh', '-c', 'exit 137'], { accept: 'any' });
  assert.equal(said.status, 137);
});

test('a missing program is told with its package, whoever looks for it', async () => {
  const error = await refused(runner().read(['no-such-program']), 'TOOL_MISSING');
  assert.match(error.hint ?? '', /no-such-program/);
  const doas = program('doas', 'echo "doas: $1: command not found" >&2; exit 1');
  assert.match(
    (await refused(runner([doas]).read(['nft', 'x']), 'TOOL_MISSING')).hint ?? '',
    /nftables/,
  );
});

test('a prefix that is not there is no missing tool', async () => {
  for (const method of ['read', 'change'] as const) {
    const error = await refused(
      runner(['/no/such/prefix', 'host'])[method](['true']),
      'PLATFORM_COMMAND_FAILED',
    );
    assert.match(error.message, /no program '\/no\/such\/prefix'/);
    assert.match(error.hint ?? '', /KLEE_COMMAND_PREFIX/);
  }
});

test('the prefix stands in front of every command, the guard of changing ones', async () => {
  const prefix = program('prefix', 'echo prefix; exec "$@"');
  const guard = program('guard', 'echo guard; exec "$@"');
  const commands = runner([prefix], [guard]);
  assert.equal((await commands.read(['echo', 'x'])).stdout, 'prefix\nx\n');
  assert.equal((await commands.change(['echo', 'x'])).stdout, 'prefix\nguard\nx\n');
  assert.deepEqual(commands.log, [`+ ${prefix} echo x`, `+ ${prefix} echo x`]);
});

test('a host without the guard works without it', async () => {
  const commands = runner([], ['no-such-guard', '--']);
  assert.equal((await commands.change(['echo', 'x'])).stdout, 'x\n');
  await refused(commands.change(['no-such-program']), 'TOOL_MISSING');
});

test('a deadline ends the command and what it started', async () => {
  const pidFile = join(directory, 'pid');
  const script = `sleep 60 & echo $! >${pidFile}; wait`;
  await refused(
    runner().change(['sh', '-c', script], { timeout: 300 }),
    'PLATFORM_COMMAND_TIMEOUT',
  );
  for (let tries = 0; tries < 100 && !isGone(Number(readFileSync(pidFile, 'utf8'))); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok(isGone(Number(readFileSync(pidFile, 'utf8'))));
});

test('a group is signalled here, and through the prefix only when it is not ours to signal', async () => {
  const log = join(directory, 'prefix.log');
  const prefix = program('carry', `echo "$*" >>${log}; exec "$@"`);
  const end = (path?: string): Promise<KleenetError> =>
    refused(
      runner([prefix], [], path).read(['sleep', '60'], { timeout: 300 }),
      'PLATFORM_COMMAND_TIMEOUT',
    );
  await end();
  assert.equal(readFileSync(log, 'utf8'), 'sleep 60\n');
  const strict = join(directory, 'strict');
  mkdirSync(strict);
  const refusing = `case $2 in kill*) [ "$6" ] || { echo "kill: Operation not permitted" >&2; exit 1; };; esac`;
  writeFileSync(join(strict, 'sh'), `#!/bin/sh\n${refusing}\nexec /bin/sh "$@"\n`, { mode: 0o755 });
  const passing = program(
    'carry',
    `echo "$*" >>${log}; [ "$1" = sh ] && shift && exec /bin/sh "$@"; exec "$@"`,
  );
  assert.equal(passing, prefix);
  await end(`${strict}:${process.env['PATH']}`);
  assert.match(readFileSync(log, 'utf8'), /^sleep 60\nsleep 60\nsh -c kill .* KILL \d+\n$/);
});

test('a file of ours becomes the input of a command, whatever stands in front of it', async () => {
  const path = join(directory, "it's big");
  writeFileSync(path, 'x'.repeat(300_000));
  for (const commands of [
    runner([program('prefix', 'exec "$@"')]),
    runner([], ['no-such-guard', '--']),
  ]) {
    const { stdout } = await commands.change(['wc', '-c'], { inputFile: path });
    assert.equal(stdout.trim(), '300000');
    assert.match(commands.log[0] ?? '', /wc -c <'.*it'\\''s big'$/);
  }
  const unread = await refused(
    runner().change(['cat'], { inputFile: join(directory, 'nothing') }),
    'PLATFORM_COMMAND_FAILED',
  );
  assert.match(unread.message, /cannot read .*nothing.*ENOENT/);
});

test('a program of a jail holds nothing that klee waits for', async () => {
  const held = join(directory, 'held');
  writeFileSync(held, '');
  const file = await open(held);
  try {
    const logger = { debug: () => {}, warn: () => {} };
    const children = { hold: () => Promise.resolve(file.fd), close: () => {} };
    const environment = { PATH: `${directory}:${process.env['PATH']}` };
    const commands = createCommandRunner({ commandPrefix: [], environment, logger, children });
    const holds = async (argv: Argv, input?: string): Promise<boolean> => {
      const wanted = input === undefined ? {} : { input };
      const { stdout } = await commands.change([...argv, 'ls -l /proc/self/fd'], wanted);
      return stdout.includes(held);
    };
    program('jexec', 'shift; exec "$@"');
    for (const input of [undefined, 'text']) {
      assert.equal(await holds(['sh', '-c'], input), true);
      assert.equal(await holds(['jexec', 'j', 'sh', '-c'], input), false);
    }
  } finally {
    await file.close();
  }
});

test('a raised signal interrupts, before and during', async () => {
  await refused(runner().read(['sleep', '60'], { signal: AbortSignal.abort() }), 'INTERRUPTED');
  const controller = new AbortController();
  const running = runner().change(['sleep', '60'], { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await refused(running, 'INTERRUPTED');
});

test('a command that a signal of the terminal ended before it began is begun again, and one that had begun is not', async () => {
  const begun = join(directory, 'begun');
  const count = (): number => readFileSync(begun, 'utf8').length;
  const script = (text: string): Argv => {
    writeFileSync(begun, '');
    return ['sh', '-c', `printf x >>"$1"; ${text}`, 'sh', begun];
  };
  const once = script('[ "$(cat "$1")" = xx ] || kill -s INT $$; echo done');
  assert.equal((await runner().change(once)).stdout, 'done\n');
  assert.equal(count(), 2);
  const failing = { status: 130, stdout: '', stderr: '' };
  assert.deepEqual(await runner().change(script('kill -s INT $$'), { accept: [130] }), failing);
  assert.equal(count(), 5);
  for (const text of [
    'echo one; kill -s INT $$',
    'sleep 1.2; kill -s INT $$',
    'kill -s KILL $$',
    'exit 130',
  ]) {
    await refused(runner().change(script(text)), 'PLATFORM_COMMAND_FAILED');
    assert.equal(count(), 1, text);
  }
  const controller = new AbortController();
  const ending = runner().change(script('sleep 0.2; kill -s INT $$'), {
    signal: controller.signal,
  });
  controller.abort();
  await refused(ending, 'INTERRUPTED');
});

test('a command that prints without end is killed', async () => {
  await refused(runner().read(['cat', '/dev/zero']), 'PLATFORM_COMMAND_FAILED');
});

test('a command that does not read its input is judged by its status', async () => {
  assert.equal((await runner().change(['true'], { input: 'x'.repeat(1_000_000) })).status, 0);
});

test('a foreground command passes its status, and signals reach its whole group', async () => {
  const ended = runner().foreground(['sh', '-c', 'exit 6'], { stdin: false });
  assert.equal(await ended.exited, 6);
  ended.signal('TERM');
  const running = runner().foreground(['sh', '-c', 'sleep 60; exit 0'], { stdin: false });
  setTimeout(() => running.signal('SIGTERM'), 50);
  assert.equal(await running.exited, 143);
  await refused(runner().foreground(['no-such-program'], { stdin: false }).exited, 'TOOL_MISSING');
});

test('a dry run reads, and shows changes with their input', async () => {
  const shown: unknown[] = [];
  const dry = createDryRunner({
    commands: runner(),
    commandPrefix: ['doas'],
    show: (...what) => shown.push(what),
  });
  assert.equal((await dry.read(['echo', 'x'])).stdout, 'x\n');
  assert.deepEqual(await dry.change(['rm', 'a'], { input: 'text' }), {
    status: 0,
    stdout: '',
    stderr: '',
  });
  assert.equal((await dry.change(['tar'], { inputFile: '/no/such/file' })).status, 0);
  assert.equal(await dry.foreground(['run'], { stdin: true }).exited, 0);
  assert.deepEqual(shown, [
    [['doas', 'rm', 'a'], 'text', undefined],
    [['doas', 'tar'], undefined, '/no/such/file'],
    [['doas', 'run'], undefined, undefined],
  ]);
});

test('command lines are quoted for people', () => {
  assert.equal(
    quoteCommand(['ip', '-4', 'a b', '', "it's", '$x']),
    `ip -4 'a b' '' 'it'\\''s' '$x'`,
  );
});

test.run();
