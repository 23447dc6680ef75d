import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { CommandOptions, CommandResult, CommandRunner } from '@kleenet/core';
import { shareReadings } from '@kleenet/platform/runner';
import type { SharedReadings } from '@kleenet/platform/runner';
import { refused } from '../../core/test/support/refusals.ts';
import { KleenetError } from '@kleenet/core/errors';

const ARGV = ['ip', 'address', 'show'] as const;
const SHARED: CommandOptions = { shared: true };

/** A host that answers each command with how many were asked before, when it is told to. */
function host(): SharedReadings & { asked: string[]; pending: (() => void)[]; waits: boolean } {
  const asked: string[] = [];
  const bench = { asked, pending: [] as (() => void)[], waits: false };
  async function answer(argv: readonly string[]): Promise<CommandResult> {
    asked.push(argv.join(' '));
    const stdout = String(asked.length);
    if (bench.waits) await new Promise<void>((resolve) => bench.pending.push(resolve));
    if (argv.includes('fails')) throw new KleenetError('PLATFORM_COMMAND_FAILED', 'refused');
    return { status: 0, stdout, stderr: '' };
  }
  const commands: CommandRunner = {
    read: answer,
    change: answer,
    foreground: (argv) => {
      asked.push(argv.join(' '));
      return { exited: Promise.resolve(0), signal: () => {} };
    },
  };
  return Object.assign(bench, shareReadings(commands));
}

async function said(
  { commands }: SharedReadings,
  argv: readonly [string, ...string[]] = ARGV,
  options: CommandOptions = SHARED,
): Promise<string> {
  return (await commands.read(argv, options)).stdout;
}

test('one reading serves all that ask for the same, at the same time or later', async () => {
  const one = host();
  assert.deepEqual(await Promise.all([said(one), said(one)]), ['1', '1']);
  assert.equal(await said(one), '1');
  assert.equal(await said(one, ARGV, { shared: true, input: 'x' }), '2');
  assert.equal(await said(one, ARGV, { shared: true, accept: 'any' }), '3');
  assert.equal(await said(one, ['ip', 'route', 'show']), '4');
  assert.equal(await said(one), '1');
});

test('a reading that is not shared is made each time, and does not serve others', async () => {
  const one = host();
  assert.equal(await said(one, ARGV, {}), '1');
  assert.equal(await said(one), '2');
  assert.equal(await said(one, ARGV, {}), '3');
});

test('after a change, and after forgetting, readings are made anew', async () => {
  const one = host();
  assert.equal(await said(one), '1');
  await one.commands.change(['ip', 'link', 'add']);
  assert.equal(await said(one), '3');
  one.forget();
  assert.equal(await said(one), '4');
  const { exited } = one.commands.foreground(['sh'], { stdin: false });
  assert.equal(await said(one), '6');
  await exited;
  assert.equal(await said(one), '7', 'it may have run for hours');
});

test('what was read while a change went on serves nothing later', async () => {
  const one = host();
  one.waits = true;
  const change = one.commands.change(['ip', 'link', 'add']);
  const during = said(one);
  for (const go of one.pending) go();
  await change;
  assert.equal(await during, '2');
  one.waits = false;
  assert.equal(await said(one), '3');
});

test('what began before a change serves nothing after it', async () => {
  const one = host();
  one.waits = true;
  const before = said(one);
  one.waits = false;
  await one.commands.change(['ip', 'link', 'add']);
  for (const go of one.pending) go();
  assert.equal(await before, '1');
  assert.equal(await said(one), '3');
});

test('a failed reading is told to all that wait for it, or made again, and not kept', async () => {
  const one = host();
  const argv = ['ip', 'fails'] as const;
  const code = 'PLATFORM_COMMAND_FAILED';
  await Promise.all([refused(said(one, argv), code), refused(said(one, argv), code)]);
  assert.equal(one.asked.length, 2);
  await refused(said(one, argv), code);
  assert.equal(one.asked.length, 3);
});

test.run();
