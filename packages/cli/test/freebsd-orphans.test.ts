/** klee in processes of its own, on a modelled FreeBSD host, killed while a command of it is at work. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import { buildFreebsdHost } from '../../freebsd-model/test/support/freebsd-host.ts';
import type { ProgramHost } from '../../freebsd-model/test/support/freebsd-host.ts';
import { finished, spawnKlee } from './support/klee.ts';
import { until } from '../../core/test/support/waiting.ts';

interface Given {
  readonly host: ProgramHost;
}

const test = suite<Given>('orphans on FreeBSD');

test.before.each(async (given) => {
  Object.assign(given, { host: await buildFreebsdHost() });
});
test.after.each(({ host }) => host.dispose());

/**
 * In front of every command: one whose words match is held up, after it has said so, until it may go on.
 * Its klee does not wait for that when it is dead.
 */
function holdingUp({ directory, prefix }: ProgramHost, pattern: string): readonly string[] {
  const path = join(directory, 'hold-up');
  writeFileSync(
    path,
    `#!/bin/sh
case $* in ${pattern})
  if [ ! -e '${directory}/begun' ]; then
    : >'${directory}/begun'
    until [ -e '${directory}/go' ]; do sleep 0.02; done
  fi ;;
esac
exec "$@"
`,
  );
  chmodSync(path, 0o755);
  return [path, ...prefix];
}

function start(host: ProgramHost, prefix: readonly string[], words: string): ChildProcess {
  return spawnKlee(words.split(' '), {
    KLEE_ROOT: join(host.directory, 'state'),
    KLEE_PLATFORM: 'freebsd',
    KLEE_COMMAND_PREFIX: JSON.stringify(prefix),
  });
}

for (const [operation, pattern, given] of [
  ['network create --type bridge --subnet 10.1.0.0/24 net', '*bridge\\ create*', []],
  [
    'network rm net',
    '*destroy*',
    ['network create --type bridge --subnet 10.1.0.0/24 --subnet6 fd00:1::/64 net'],
  ],
] as const) {
  test(`${operation}: killed while a command works, the next klee waits for that command`, async ({
    host,
  }) => {
    const prefix = holdingUp(host, pattern);
    for (const words of given) {
      const { status, stderr } = await finished(start(host, prefix, words));
      assert.equal(status, 0, stderr);
    }
    const doomed = start(host, prefix, operation);
    await until('it has begun', () => existsSync(join(host.directory, 'begun')));
    doomed.kill('SIGKILL');
    await finished(doomed);

    const next = start(host, prefix, 'system repair');
    const ended = finished(next);
    await sleep(1500);
    assert.equal(next.exitCode, null, 'it did not wait');
    writeFileSync(join(host.directory, 'go'), '');
    const { status, stderr } = await ended;
    assert.equal(status, 0, stderr);

    const check = await finished(start(host, prefix, 'system check'));
    assert.deepEqual(check, { status: 0, stdout: '', stderr: '' });
    const listed = await finished(start(host, prefix, 'network ls --quiet'));
    assert.equal(listed.stdout, '');
    const left = JSON.stringify(host.state()).match(/kleenet:network:[0-9a-f]+/g) ?? [];
    assert.deepEqual(left, [], 'an interface is left');
    assert.deepEqual(readdirSync(join(host.directory, 'state', 'children')), []);
    rmSync(join(host.directory, 'go'));
  });
}

test.run();
