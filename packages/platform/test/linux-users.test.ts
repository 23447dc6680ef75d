/** Users of a container on Linux: a file that is missing says nothing, one that cannot be read is a failure. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import type { CommandRunner } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { createCommandRunner } from '@kleenet/platform/runner';
import { resolveUser } from '../src/linux/users.ts';

interface Bench {
  root: string;
  programs: string;
  commands: CommandRunner;
}

const test = suite<Bench>('users of a container');

test.before.each((bench) => {
  bench.root = mkdtempSync(join(tmpdir(), 'klee-users-'));
  bench.programs = mkdtempSync(join(tmpdir(), 'klee-programs-'));
  mkdirSync(join(bench.root, 'etc'));
  bench.commands = createCommandRunner({
    commandPrefix: [],
    environment: { PATH: `${bench.programs}:${process.env['PATH']}` },
    logger: { debug: () => undefined, warn: () => undefined },
  });
});
test.after.each(({ root, programs }) => {
  for (const path of [root, programs]) rmSync(path, { recursive: true });
});

const PASSWD = 'web:x:33:44::/:/bin/sh\n';

test('without files a number is itself, and a name is nobody', async ({ commands, root }) => {
  assert.equal((await resolveUser(commands, root, '1000')).uid, 1000);
  await assert.rejects(resolveUser(commands, root, 'web'), (error) =>
    hasCode(error, 'USER_NOT_FOUND'),
  );
  rmSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'etc'), '');
  assert.equal((await resolveUser(commands, root, '1000')).uid, 1000);
});

for (const [program, what] of [
  ['dd', 'cannot be read'],
  ['find', 'cannot be looked at'],
] as const) {
  test(`a file that ${what} is a failure, and not an empty one`, async (bench) => {
    const { commands, programs, root } = bench;
    writeFileSync(join(root, 'etc/passwd'), PASSWD);
    const { uid, gid } = await resolveUser(commands, root, 'web');
    assert.deepEqual([uid, gid], [33, 44]);
    const text = `#!/bin/sh\necho '${program}: Input/output error' >&2\nexit 1\n`;
    writeFileSync(join(programs, program), text, { mode: 0o755 });
    for (const user of ['web', '33'])
      await assert.rejects(resolveUser(commands, root, user), (error) =>
        hasCode(error, 'PLATFORM_COMMAND_FAILED'),
      );
  });
}

test.run();
