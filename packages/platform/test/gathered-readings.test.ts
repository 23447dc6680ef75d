/** Readings that are made together: by real shells, whose number is counted. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'uvu';
import type { Argv, CommandOptions, CommandResult, CommandRunner } from '@kleenet/core';
import { createCommandRunner, gatherReadings } from '@kleenet/platform/runner';

/** A runner of real programs, and the first words of those that it has started. */
function counted(): { readonly commands: CommandRunner; readonly started: string[] } {
  const logger = { debug: () => undefined, warn: () => undefined };
  const environment = { PATH: process.env['PATH'] };
  const real = createCommandRunner({ commandPrefix: [], environment, logger });
  const started: string[] = [];
  const read = (argv: Argv, options?: CommandOptions): Promise<CommandResult> => {
    started.push(argv[0]);
    return real.read(argv, options);
  };
  return { started, commands: { ...real, read } };
}

test('few programs answer, however many readings there are', async () => {
  for (const count of [3, 60]) {
    const { commands, started } = counted();
    const gathered = gatherReadings(commands);
    const numbers = Array.from({ length: count }, (_, index) => `${index}`);
    const answers = await Promise.all(
      numbers.map((number) =>
        gathered.read(['sh', '-c', 'cat; printf "%s\\n" "$1 $2"', 'name', number, 'a "$b" \\c'], {
          input: `of $${number}\n`,
          together: true,
        }),
      ),
    );
    assert.deepEqual(
      answers,
      numbers.map((number) => ({
        status: 0,
        stdout: `of $${number}\n${number} a "$b" \\c\n`,
        stderr: '',
      })),
    );
    assert.ok(started.length <= availableParallelism(), `${started.length} programs`);
  }
});

test('one that fails is made again by itself, and says why', async () => {
  const { commands, started } = counted();
  const gathered = gatherReadings(commands);
  const failing: Argv = ['sh', '-c', 'echo half; echo reason >&2; exit 3'];
  const all = await Promise.allSettled([
    gathered.read(['echo', 'one'], { together: true }),
    gathered.read(failing, { together: true }),
    gathered.read(failing, { together: true, accept: 'any' }),
    gathered.read(['echo', 'two'], { together: true }),
    gathered.read(['absent-program'], { together: true }),
  ]);
  const [one, refused, accepted, two, absent] = all;
  assert.deepEqual(one, { status: 'fulfilled', value: { status: 0, stdout: 'one\n', stderr: '' } });
  assert.deepEqual(two, { status: 'fulfilled', value: { status: 0, stdout: 'two\n', stderr: '' } });
  assert.deepEqual(accepted, {
    status: 'fulfilled',
    value: { status: 3, stdout: 'half\n', stderr: 'reason\n' },
  });
  assert.match(String(refused.status === 'rejected' && refused.reason), /reason/);
  assert.match(String(absent.status === 'rejected' && absent.reason), /absent-program/);
  assert.equal(started.filter((program) => program === 'echo').length, 0);
});

test('those that are too long for one command line are made by themselves', async () => {
  const gathered = gatherReadings(counted().commands);
  const word = 'x'.repeat(100_000);
  const count = 25 * availableParallelism();
  const answers = await Promise.all(
    Array.from({ length: count }, () => gathered.read(['echo', word], { together: true })),
  );
  assert.ok(answers.every(({ stdout }) => stdout === `${word}\n`));
});

test('an answer with NULs in it is no answer to another reading', async () => {
  const gathered = gatherReadings(counted().commands);
  const text = 'one\\000' + '0\\000of another\\000' + '0\\000';
  const argvs: readonly Argv[] = [
    ...Array.from({ length: 8 * availableParallelism() }, (): Argv => ['printf', text]),
    ['echo', 'two'],
  ];
  const answers = await Promise.all(argvs.map((argv) => gathered.read(argv, { together: true })));
  assert.deepEqual(
    answers.map(({ stdout }) => stdout),
    [...argvs.slice(1).map(() => 'one\0' + '0\0of another\0' + '0\0'), 'two\n'],
  );
});

test('what fails is an answer where its caller says so, with all that it says', async () => {
  const { commands, started } = counted();
  const gathered = gatherReadings(commands);
  const failing: Argv = ['sh', '-c', 'echo half; echo reason >&2; exit 3'];
  const [failed, warned] = await Promise.all([
    gathered.read(failing, { together: true, accept: [0, 3] }),
    gathered.read(['sh', '-c', 'echo well; echo warning >&2'], { together: true }),
  ]);
  assert.deepEqual(failed, { status: 3, stdout: 'half\n', stderr: 'reason\n' });
  assert.deepEqual(warned, { status: 0, stdout: 'well\n', stderr: 'warning\n' });
  assert.equal(started.length, 1);
});

test('one that is given up ends, and the others answer', async () => {
  const gathered = gatherReadings(counted().commands);
  const giving = new AbortController();
  const slow = gathered.read(['sleep', '20'], { together: true, signal: giving.signal });
  const quick = gathered.read(['echo', 'quick'], { together: true });
  const began = Date.now();
  setTimeout(() => giving.abort(), 100);
  assert.equal((await Promise.allSettled([slow]))[0]?.status, 'rejected');
  assert.equal((await quick).stdout, 'quick\n');
  assert.ok(Date.now() - began < 10_000);
});

test('what must not wait or be repeated is read by itself, and so is all else', async () => {
  const { commands, started } = counted();
  const gathered = gatherReadings(commands);
  await Promise.all([
    gathered.read(['echo', 'alone']),
    gathered.read(['echo', 'with a deadline'], { together: true, timeout: 10_000 }),
    gathered.read(['cat'], { together: true, input: 'half a line' }),
    gathered.read(['echo', 'the only one'], { together: true }),
  ]);
  assert.deepEqual(started.toSorted(), ['cat', 'echo', 'echo', 'echo']);
});

test.run();
