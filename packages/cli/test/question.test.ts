/** Questions on a terminal, which script(1) makes, and without one. */
import { equal, match, doesNotMatch, notEqual } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { suite } from 'uvu';
import { KLEE, World, finished, spawnKlee } from './support/klee.ts';

const test = suite<{ world: World }>('question');

test.before.each(async (context) => {
  context.world = new World();
  await context.world.ok('network create --subnet 10.1.0.0/24 n');
});
test.after.each(({ world }) => world.remove());

/** Runs klee on a terminal of its own, and types once it asks. */
function onTerminal(
  world: World,
  words: string,
  typed: string,
): Promise<{ readonly status: number; readonly shown: string }> {
  const line = [KLEE, ...words.split(' ')].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    env: { ...process.env, ...world.environment },
  });
  let shown = '';
  let asked = false;
  child.stdout.on('data', (data) => {
    shown += data;
    if (asked || !shown.includes('[y/N]')) return;
    asked = true;
    child.stdin.write(typed);
  });
  return new Promise((resolve) =>
    child.once('close', (status) => resolve({ status: status ?? -1, shown })),
  );
}

test('yes is yes, and all else is no', async ({ world }) => {
  for (const no of ['n\r', '\r', '\x04']) {
    const { status } = await onTerminal(world, 'network prune', no);
    equal(status, 0);
    equal(await world.ok('network ls --format {{name}}'), 'n');
  }
  equal((await onTerminal(world, 'network prune', 'y\r')).status, 0);
  equal(await world.ok('network ls --format {{name}}'), '');
});

test('Ctrl-C at a question interrupts, and is not a fault of klee', async ({ world }) => {
  const { status, shown } = await onTerminal(world, 'network prune', '\x03');
  equal(status, 130);
  match(shown, /error: interrupted by SIGINT/);
  doesNotMatch(shown, /before its work was done/);
  equal(await world.ok('network ls --format {{name}}'), 'n');
});

test('without a terminal nothing is removed, unless -f says so', async ({ world }) => {
  await world.ok('create --name c host');
  for (const kind of ['network', 'container']) {
    const refused = await finished(spawnKlee([kind, 'prune'], world.environment));
    notEqual(refused.status, 0);
    match(refused.stderr, /without a terminal[^]*hint: .*-f/);
  }
  equal(await world.ok('network ls --format {{name}}'), 'n');
  equal(await world.ok(['container', 'ls', '-a', '--format', '{{name}}']), 'c');
  const dry = await finished(spawnKlee(['network', 'prune', '--dry-run'], world.environment));
  equal(dry.status, 0);
  const forced = await finished(spawnKlee(['network', 'prune', '-f'], world.environment));
  equal(forced.status, 0);
  equal(await world.ok('network ls --format {{name}}'), '');
});

test.run();
