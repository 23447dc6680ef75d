/** How many synchronisations of the disk commands take, as strace(1) counts them: one for each commit. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { KLEE } from '../support/klee.ts';
import { LinuxWorld } from '../support/linux.ts';

const hasStrace = spawnSync('strace', ['--version']).status === 0;

/** The commits of each are counted in counts.test.ts. Of commands that start a container, strace(1) would wait for that. */
const SYNCS = [
  ['network connect n2 a', 2],
  ['network disconnect n2 a', 2],
  ['system check', 0],
  ['container ls', 0],
  ['container stop -t 0 a', 2],
  ['network connect n2 a', 1],
  ['network disconnect n2 a', 1],
  ['container rm -f a', 2],
  ['network rm n2', 2],
] as const;

const counts = async (): Promise<void> => {
  // A file system that does not synchronise would be counted as well.
  const world = new LinuxWorld(tmpdir());
  const folder = mkdtempSync(join(tmpdir(), 'klee-syncs-'));
  try {
    for (const words of [
      'network create -t bridge --subnet 10.91.0.0/24 n1',
      'network create -t bridge --subnet 10.92.0.0/24 n2',
      'run -d --name a -l ipnet -n n1 host sleep 600',
    ])
      await world.ok(words);
    const seen = SYNCS.map(([words]) => [words, syncsOf(words, world, join(folder, 'trace'))]);
    assert.deepEqual(seen, SYNCS);
  } finally {
    rmSync(folder, { recursive: true });
    world.remove();
  }
};

function syncsOf(words: string, world: LinuxWorld, trace: string): number {
  const calls = 'trace=fsync,fdatasync,sync,syncfs';
  const argv = ['-f', '-qq', '-y', '-e', calls, '-e', 'signal=none', '-o', trace, KLEE];
  const { environment: env } = world;
  const { status, stderr } = spawnSync('strace', [...argv, ...words.split(' ')], {
    env,
    timeout: 60_000,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${words}: ${stderr}`);
  // The end of a call that another thread interrupted has a line of its own. Code caches are not of a command.
  return readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => /^\d+ +\w+\(/.test(line) && !line.includes('.cache.')).length;
}

if (hasStrace) test('a command takes one for each of its commits', counts);
else test.skip('a command takes one for each of its commits', counts);

test.run();
