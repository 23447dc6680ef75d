/** Changes that one program makes one after the other, by real shells. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Argv, CommandOptions, CommandResult, CommandRunner } from '@kleenet/core';
import { isKleenetError } from '@kleenet/core/errors';
import { changeInOrder } from '@kleenet/platform/freebsd';
import { createCommandRunner, createDryRunner } from '@kleenet/platform/runner';

const FAILING: Argv = ['sh', '-c', 'echo "ifconfig: interface x0 does not exist" >&2; exit 1'];

/** A runner of real programs, what has been printed by them, and how many klee has started. */
function counted(): {
  readonly commands: CommandRunner;
  readonly said: string[];
  readonly started: () => number;
} {
  const logger = { debug: () => undefined, warn: () => undefined };
  const environment = { PATH: process.env['PATH'] };
  const real = createCommandRunner({ commandPrefix: [], environment, logger });
  const said: string[] = [];
  let started = 0;
  const change = async (argv: Argv, options?: CommandOptions): Promise<CommandResult> => {
    started += 1;
    const result = await real.change(argv, options);
    said.push(result.stdout);
    return result;
  };
  return { commands: { ...real, change }, said, started: () => started };
}

test('one program makes all of them, with the words as they are', async () => {
  const { commands, said, started } = counted();
  await changeInOrder(commands, [
    ['echo', 'a "b" $c', '\\d', "e 'f'"],
    ['printf', '%s\n', 'last\nline'],
  ]);
  assert.deepEqual(said, [`a "b" $c \\d e 'f'\nlast\nline\n`]);
  assert.equal(started(), 1);
});

test('those behind a failure are not made, and the error is that of the one', async () => {
  const { commands, said } = counted();
  const failing: Argv = ['false', 'here'];
  const outcome = changeInOrder(commands, [['echo', 'before'], failing, ['echo', 'after']]);
  const [{ reason }] = (await Promise.allSettled([outcome])) as [PromiseRejectedResult];
  assert.ok(isKleenetError(reason));
  assert.deepEqual(reason.details['argv'], failing);
  assert.deepEqual(said, ['before\n']);
});

test('what is tolerated is passed over', async () => {
  const { commands, said, started } = counted();
  await changeInOrder(commands, [['echo', 'before'], FAILING, ['echo', 'after']], {
    tolerate: ['interface-gone'],
  });
  assert.deepEqual(said, ['before\n', 'after\n']);
  assert.equal(started(), 2);
});

test('a dry run shows each', async () => {
  const shown: string[] = [];
  const { commands, started } = counted();
  const dry = createDryRunner({
    commands,
    commandPrefix: ['doas'],
    show: (argv) => shown.push(argv.join(' ')),
  });
  await changeInOrder(dry, [
    ['ifconfig', 'a', 'up'],
    ['ifconfig', 'b', 'up'],
  ]);
  assert.deepEqual(shown, ['doas ifconfig a up', 'doas ifconfig b up']);
  assert.equal(started(), 0);
});

test.run();
