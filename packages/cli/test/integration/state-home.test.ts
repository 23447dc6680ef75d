/** A state directory knows where it lives: copies, moved ones, and a second one on the same host. */
import { equal, match } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { finished, spawnKlee } from '../support/klee.ts';
import type { Finished } from '../support/klee.ts';

const test = suite('state home');
const work = mkdtempSync(join(tmpdir(), 'klee-home-'));
const state = join(work, 'state');

const klee = (root: string, words: string): Promise<Finished> =>
  finished(spawnKlee(words.split(' '), { KLEE_ROOT: root, KLEE_PLATFORM: 'linux' }));

async function ok(root: string, words: string): Promise<string> {
  const { status, stdout, stderr } = await klee(root, words);
  equal(status, 0, `klee ${words}: ${stderr}`);
  return stdout.trim();
}

const running = (): Promise<string> => ok(state, 'container ls --format {{name}}');

test.before(async () => {
  await ok(state, 'network create --subnet 10.9.0.0/24 n');
  await ok(state, 'run -d --name a -n n host sleep 999');
});
test.after(async () => {
  await klee(state, 'container rm -f a');
  await klee(state, 'network rm n');
  rmSync(work, { recursive: true, force: true });
});

const CHANGING = [
  'stop -t 0 a',
  'container rm -f a',
  'system down',
  'system check',
  'network create --subnet 10.8.0.0/24 m',
];

test('a directory that a link leads to from its old place was moved, and is not a copy', async () => {
  const moved = join(work, 'elsewhere');
  renameSync(state, moved);
  symlinkSync(moved, state);
  match((await klee(state, 'system check')).stderr, /was copied or moved/);
  match((await klee(state, 'system adopt')).stderr, /are still running: a\n/);
  rmSync(state);
  renameSync(moved, state);
  equal(await ok(state, 'system check'), '');
});

test('a copy of the database can be looked at, and ends nothing', async () => {
  const copy = join(work, 'copy');
  mkdirSync(copy, { mode: 0o700 });
  for (const name of readdirSync(state).filter((file) => file.startsWith('kleenet.db')))
    execFileSync('cp', ['-p', join(state, name), copy]);
  equal(await ok(copy, 'network ls --format {{name}}'), 'n');
  equal(await ok(copy, 'container ls -a --format {{name}}'), 'a');
  for (const words of CHANGING) {
    const { status, stderr } = await klee(copy, words);
    equal(status, 1, words);
    match(stderr, /was copied or moved: .*\/state\nhint: .*'klee system adopt'/, words);
  }
  match((await klee(copy, 'system adopt')).stderr, /is a copy of .*\/state, which is still there/);
  equal(await running(), 'a');
  equal(await ok(state, 'system check'), '');
});

test('a second state directory does not put its rules in place of those that are there', async () => {
  const second = join(work, 'second');
  const before = execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' });
  match(
    (await klee(second, 'network create --subnet 10.7.0.0/24 x')).stderr,
    /the firewall of this host belongs to the state directory .*\/state/,
  );
  equal(await ok(second, 'network ls --quiet'), '');
  await ok(second, 'system down');
  equal(execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' }), before);
  equal(await ok(state, 'system check'), '');
});

test('a directory that was moved is taken over on purpose, when nothing runs in it', async () => {
  const moved = join(work, 'moved');
  renameSync(state, moved);
  match((await klee(moved, 'stop a')).stderr, /was copied or moved/);
  match((await klee(moved, 'system adopt')).stderr, /are still running: a\n/);
  renameSync(moved, state);
  await ok(state, 'stop -t 0 a');
  renameSync(state, moved);
  equal(await ok(moved, 'system adopt'), state);
  await ok(moved, 'start a');
  equal(await ok(moved, 'system check'), '');
  await ok(moved, 'stop -t 0 a');
  renameSync(moved, state);
  equal(await ok(state, 'system adopt'), moved);
});

test.run();
