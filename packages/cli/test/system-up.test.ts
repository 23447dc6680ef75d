/** `klee system up` when something fails. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { World } from './support/klee.ts';

test('a failure is reported, the rest comes up, and the exit status is 1', async () => {
  const world = new World('memory');
  try {
    await world.ok('network create --subnet 10.1.0.0/24 net');
    for (const name of ['first', 'second', 'third'])
      await world.ok(`run -d --restart on-startup --name ${name} -n net host sleep 600`);
    await world.ok('system down');
    const second = await world.json<{ container: { id: string } }>('container inspect second');
    takeSandbox(world, second.container.id);
    const { status, stdout, stderr } = await world.klee('system up');
    assert.equal(status, 1);
    assert.match(stdout, /^failed: container second: a sandbox named \S+ is already there$/m);
    assert.equal(stderr, '');
    assert.equal(await world.ok('container ls --format {{name}}'), 'first\nthird');
    freeSandbox(world);
    await world.ok('system up');
    assert.equal(await world.ok('container ls --format {{name}}'), 'first\nsecond\nthird');
  } finally {
    world.remove();
  }
});

interface SimulatedHost {
  sandboxes: Record<string, unknown>;
}

/** Something of the host has the name that the container's sandbox would get. */
function takeSandbox(world: World, id: string): void {
  change(world, ({ sandboxes }) => {
    sandboxes[`klee-${id}`] = {
      runId: 'another',
      stack: 'own',
      state: 'running',
      addresses: [],
      defaultRoutes: {},
    };
  });
}

function freeSandbox(world: World): void {
  change(world, ({ sandboxes }) => {
    for (const [name, one] of Object.entries(sandboxes))
      if ((one as { runId: string }).runId === 'another') delete sandboxes[name];
  });
}

function change(world: World, how: (host: SimulatedHost) => void): void {
  const path = join(world.directory, 'simulated-host.json');
  const host = JSON.parse(readFileSync(path, 'utf8')) as SimulatedHost;
  how(host);
  writeFileSync(path, JSON.stringify(host));
}

test.run();
