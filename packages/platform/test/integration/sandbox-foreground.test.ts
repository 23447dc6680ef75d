import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import type { SandboxSpec } from '@kleenet/core';
import { container, createWorld } from './host.ts';
import type { World } from './host.ts';
import { inside, nothingLeft, untilCaught } from './sandbox-helpers.ts';
import { until } from '../../../core/test/support/waiting.ts';

/** Another process that runs a container in the foreground, as klee does. */
function foregroundRun(
  spec: SandboxSpec,
  world: World,
  reap: readonly string[],
  terminal = false,
): ChildProcess {
  const helper = fileURLToPath(new URL('foreground-run.ts', import.meta.url));
  const words = [...process.execArgv, helper, world.directory, JSON.stringify(spec), ...reap];
  const quoted = [process.execPath, ...words]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(' ');
  return terminal
    ? spawn('script', ['-qefc', quoted, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
    : spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

function printedBy(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}

test('a foreground command passes its status on, and signals in', async () => {
  const world = createWorld();
  const spec = container(world.platform, 'own', {
    command: ['sh', '-c', 'trap "exit 9" INT; while :; do sleep 0.05; done'],
  });
  const { sandboxes } = world.platform;
  await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
  try {
    await sandboxes.create(spec, world.operation);
    const started = await sandboxes.start(
      spec,
      { mode: 'foreground', stdin: false, reap: ['touch', `${world.directory}/reaped`] },
      world.operation,
    );
    await untilCaught(world, spec, 'INT');
    started.signal?.('SIGINT');
    assert.equal(await started.exited, 9);
    assert.equal(existsSync(`${world.directory}/reaped`), false);
  } finally {
    await sandboxes.destroy(spec, world.operation);
  }
  await nothingLeft(world, spec);
});

test('a foreground command whose klee is killed goes on, and is reaped when it ends', async () => {
  const world = createWorld();
  const command = ['sh', '-c', 'while [ ! -e /tmp/end ]; do sleep 0.05; done; exit 5'];
  const spec = container(world.platform, 'restricted', { command });
  const { sandboxes } = world.platform;
  const reaped = `${world.directory}/reaped`;
  await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
  try {
    await sandboxes.create(spec, world.operation);
    const klee = foregroundRun(spec, world, ['touch', reaped]);
    await until('running', async () => (await sandboxes.states([spec]))[0] === 'running');
    klee.kill('SIGKILL');
    await ended(klee);
    assert.deepEqual(await sandboxes.states([spec]), ['running']);
    await inside(world, spec, 'touch /tmp/end').catch(() => {});
    await until('reaped', () => existsSync(reaped));
    assert.equal(await sandboxes.exitStatus(spec), 5);
  } finally {
    await sandboxes.destroy(spec, world.operation);
  }
  await nothingLeft(world, spec);
});

test('a foreground command has the standard streams, and with -t a terminal', async () => {
  for (const terminal of [false, true]) {
    const world = createWorld();
    const command = ['sh', '-c', 'read -r line; echo "got $line"; [ -t 0 ] && echo tty; exit 4'];
    const spec = container(world.platform, 'own', { command, terminal, interactive: true });
    await world.platform.sandboxes.createStorage(
      { container: spec.container, entries: [] },
      world.operation,
    );
    await world.platform.sandboxes.create(spec, world.operation);
    const klee = foregroundRun(spec, world, ['true'], terminal);
    const printed = printedBy(klee);
    klee.stdin?.write('hello\n');
    assert.equal(await ended(klee), 4);
    assert.match(printed(), /got hello/);
    assert.equal(/^tty\r?$/m.test(printed()), terminal);
    await world.platform.sandboxes.destroy(spec, world.operation);
    await nothingLeft(world, spec);
  }
});

test.run();
