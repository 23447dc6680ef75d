/** Commands that may open few files only: they say so, change nothing, and are done when there are more. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { World } from './support/klee.ts';

const KLEE = join(import.meta.dirname, '../../../bin/klee');
const hasLimits = spawnSync('prlimit', ['--version']).status === 0;
const withLimits = (title: string, body: () => Promise<void>): void => {
  if (hasLimits) test(title, body);
  else test.skip(title, body);
};
const LIMIT = 64;

/** Runs klee with so many descriptors left, of which its host commands have all. */
function withFew(
  words: readonly string[],
  left: number,
  environment: NodeJS.ProcessEnv,
): { readonly status: number | null; readonly stderr: string } {
  const nothing = openSync('/dev/null', 'r');
  const taken = Array.from({ length: LIMIT - left }, () => nothing);
  try {
    return spawnSync('prlimit', [`--nofile=${LIMIT}`, KLEE, '--format', 'json', ...words], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe', ...taken],
      encoding: 'utf8',
    });
  } finally {
    closeSync(nothing);
  }
}

/** With the first numbers the runtime itself does not come so far, and with the last ones everything works. */
const NUMBERS = Array.from({ length: 20 }, (_, index) => 7 + index);

for (const [platform, words] of [
  ['memory', ['run', '-d', '--name', 'one', '-n', 'net', 'host', 'true']],
  [process.platform, ['system', 'info']],
] as const) {
  withLimits(`klee ${words.join(' ')} says that it has too few`, async () => {
    const world = new World();
    try {
      await world.ok('network create --subnet 10.1.0.0/24 net');
      const environment = {
        ...process.env,
        ...world.environment,
        KLEE_PLATFORM: platform,
        ...(platform === 'memory' ? {} : { KLEE_ROOT: join(world.root, 'other') }),
      };
      let told = 0;
      for (const left of NUMBERS) {
        const { status, stderr } = withFew(words, left, environment);
        if (status === 0) break;
        if (!stderr.startsWith('{') && told === 0) continue;
        assert.match(stderr, /^\{"error":\{"code":"DESCRIPTORS_EXHAUSTED"/m, `${left}: ${stderr}`);
        assert.match(stderr, /ulimit -n/, `${left}: ${stderr}`);
        told += 1;
        assert.equal(await world.ok('container ls -a --quiet'), '');
      }
      assert.ok(told > 0);
      assert.equal(await world.ok('system check'), '');
    } finally {
      world.remove();
    }
  });
}

test.run();
