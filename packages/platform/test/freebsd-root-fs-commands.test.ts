/** The commands for a container's file system: what they mount, and how they remove what is protected. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import {
  copyTreeArgv,
  installFiles,
  mountDevices,
  mountInside,
  removeTrees,
} from '../src/freebsd/root-fs.ts';
import { refused } from '../../core/test/support/refusals.ts';
import { short, told } from './support/told.ts';
import type { Answers } from './support/told.ts';

const { signal } = new AbortController();

test('a mount names its place twice: for the check from inside the container, and for mount(8)', async () => {
  const commands = told();
  const nullfs = { type: 'nullfs', source: '/s', options: ['ro', 'nosuid'] } as const;
  await mountInside(commands, '/r', '//a/./b/', nullfs, signal);
  await mountInside(commands, '/r', '/a', { type: 'tmpfs', source: 'tmpfs' }, signal);
  await mountDevices(commands, '/r', signal);
  await installFiles(commands, '/r', undefined, signal);
  await installFiles(commands, '/r', '/h', signal);
  assert.deepEqual(commands.lines, [
    'change [klee-mount] /s /r a/b mount -t nullfs -o ro,nosuid /s /r/a/b',
    // Only of nullfs the source is a directory to look for.
    "change [klee-mount] '' /r a mount -t tmpfs tmpfs /r/a",
    "change [klee-mount-devfs] '' /r dev mount -t devfs -o ruleset=4 devfs /r/dev",
    "change [klee-install] /r ''",
    'change [klee-install] /r /h',
  ]);
  assert.equal(short(copyTreeArgv('/from', '/to')), '[klee-copy] /from /to');
});

test('whether names can be resolved is what the script says', async () => {
  const resolves = async (stdout: string): Promise<boolean> =>
    (await installFiles(told([['klee-install', { stdout }]]), '/r', '/h', signal)).resolves;
  assert.equal(await resolves(''), true);
  assert.equal(await resolves('klee: no resolver\n'), false);
});

const PROTECTED = { status: 1, stderr: 'rm: /r/a: Operation not permitted\n' };

/** The commands that remove two trees, and when they are given up. */
async function removing(commands: ReturnType<typeof told>): Promise<readonly string[]> {
  await removeTrees(commands, ['/r', '/s']);
  // As many files as an image has take as long as its import.
  assert.deepEqual(
    commands.options.map(({ timeout = 0 }) => timeout >= 600_000),
    commands.lines.map(() => true),
  );
  return commands.lines;
}

/** Answers that are given in turn to the same command. */
function inTurn(answers: Answers): ReturnType<typeof told> {
  const left = [...answers];
  const commands = told();
  const change: CommandRunner['change'] = async (argv, options) => {
    const given = await commands.change(argv, options);
    const [part, answer] = left[0] ?? ['', {}];
    if (!argv.join(' ').includes(part)) return given;
    left.shift();
    return { ...given, ...answer };
  };
  return { ...commands, change };
}

test('trees without protected files go at once', async () => {
  assert.deepEqual(await removing(told()), ['change rm -rfx /r /s']);
});

test('trees with protected files go after their flags', async () => {
  const flagged = inTurn([
    ['rm', PROTECTED],
    ['chflags', { status: 1, stderr: 'chflags: /r/b: No such file or directory\n' }],
  ]);
  assert.deepEqual(await removing(flagged), [
    'change rm -rfx /r /s',
    'change chflags -R 0 /r /s',
    'change rm -rfx /r /s',
  ]);
});

test('what stays protected is told, also on a host without chflags', async () => {
  const stubborn = told([['rm', PROTECTED]]);
  await refused(removeTrees(stubborn, ['/r']), 'PERMISSION_DENIED', /Operation not permitted/);
  const without = told([['rm', PROTECTED]]);
  const missing = (code: 'TOOL_MISSING' | 'PLATFORM_COMMAND_TIMEOUT'): CommandRunner => ({
    ...without,
    change: async (argv, options) => {
      if (argv[0] === 'chflags') throw new KleenetError(code, 'no chflags', {});
      return without.change(argv, options);
    },
  });
  await refused(removeTrees(missing('TOOL_MISSING'), ['/r']), 'PERMISSION_DENIED');
  const late = missing('PLATFORM_COMMAND_TIMEOUT');
  await refused(removeTrees(late, ['/r']), 'PLATFORM_COMMAND_TIMEOUT');
});

test('another failure is told at once', async () => {
  const commands = told([['rm', { status: 1, stderr: 'rm: /r: Input/output error\n' }]]);
  await refused(removeTrees(commands, ['/r']), 'PLATFORM_COMMAND_FAILED');
  assert.equal(commands.lines.length, 1);
});

test.run();
