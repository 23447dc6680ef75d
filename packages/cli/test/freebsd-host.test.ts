/** How klee reaches a FreeBSD host, and what it says about one. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { suite } from 'uvu';
import type { CallingProcess } from '../src/calling-process.ts';
import { FreebsdWorld } from './support/freebsd.ts';
import { World } from './support/klee.ts';

const test = suite('a FreeBSD host');

const CREATE = 'network create --subnet 10.1.0.0/24 net';

for (const [platform, system] of [
  ['freebsd', 'linux'],
  ['linux', 'freebsd'],
] as const) {
  test(`commands of ${platform} are not run on ${system}`, async () => {
    const world = new World(platform);
    const { status, stdout, stderr } = await world.klee(CREATE, { system });
    deepEqual([status, stdout], [1, '']);
    match(
      stderr,
      /^error: this is not a \w+ host, and no command prefix .*\nhint: run klee on .*\n$/,
    );
    world.remove();
  });
}

/** Runs klee on Linux, with a prefix that leads to the host. */
function throughPrefix(world: FreebsdWorld): (words: string) => Promise<string> {
  world.environment['KLEE_COMMAND_PREFIX'] = '["carry"]';
  const parts: Partial<CallingProcess> = { system: 'linux', user: () => 'alice' };
  return async (words) => {
    const { status, stdout, stderr } = await world.mishap(words, {}, parts);
    equal(status, 0, stderr);
    return stdout;
  };
}

test('a command prefix leads there from Linux, and what reaps a run is its caller', async () => {
  const world = new FreebsdWorld();
  const klee = throughPrefix(world);
  await klee(CREATE);
  const shown = await klee('--dry-run run -d --name c -n net host sleep 600');
  const commands = shown.split('\n').filter((line) => /^\S/.test(line));
  deepEqual(
    commands.filter((line) => !line.startsWith('carry ')),
    [],
  );
  match(shown, /^carry jail -c name=klee-[0-9a-f]{12} .* persist$/m);
  match(shown, / daemon -f -u alice .* --command-prefix '\["carry"\]' container __reap /);
  world.remove();
});

test('without a prefix nobody else comes into it', async () => {
  const world = new FreebsdWorld();
  const { status, stdout } = await world.klee('--dry-run run -d --name c host sleep 600');
  equal(status, 0);
  equal(/ daemon -f -u /.test(stdout), false, stdout);
  world.remove();
});

test('a dry run shows scripts in full when all is to be seen', async () => {
  const world = new FreebsdWorld();
  const command = '--dry-run run -d --name c host sleep 600';
  match(await world.ok(command), /^sh -c '\(\d+ lines\)' klee-storage /m);
  match(await world.ok(`--debug ${command}`), /^sh -c '.*\n(.*\n)+.*' klee-storage /m);
  world.remove();
});

test('system info says what the host is, and what it can do', async () => {
  const world = new FreebsdWorld();
  const info = await world.json<Readonly<Record<string, unknown>>>('system info --format json');
  deepEqual(
    [info['platform'], info['release'], info['status'], info['firewall']],
    ['freebsd', '13.2-RELEASE', 'ready', 'ready'],
  );
  const runtime = info['runtime'] as Readonly<Record<string, string>>;
  equal(runtime['name'], 'jail');
  ok(runtime['reason'] !== '');
  world.remove();
});

test.run();
