/** Following the log of a container ends with its run. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'uvu';
import type { LogsOptions, SandboxSpec } from '@kleenet/core';
import { container, createWorld } from './host.ts';
import type { World } from './host.ts';

const detached = { mode: 'detached', reap: ['true'] } as const;

async function started(world: World, command: readonly string[]): Promise<SandboxSpec> {
  const { sandboxes } = world.platform;
  const spec = container(world.platform, 'own', { command });
  await sandboxes.createStorage(spec.container, world.host);
  await sandboxes.create(spec, world.host);
  await sandboxes.start(spec, detached, world.host);
  return spec;
}

/** Prints the log to its end. */
function printed(world: World, spec: SandboxSpec, options: LogsOptions): Promise<string> {
  const [program, ...words] = world.platform.sandboxes.logs(spec.container, options);
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (data) => (text += data));
  return new Promise((resolve) => child.once('close', () => resolve(text)));
}

async function removed(world: World, spec: SandboxSpec): Promise<void> {
  await world.platform.sandboxes.destroy(spec, world.host);
  await world.platform.sandboxes.removeStorage(spec.container, world.host);
}

test('to the last word, when the command ends by itself', async () => {
  const world = createWorld();
  const spec = await started(world, ['sh', '-c', 'echo one; sleep 1; seq 20000; printf end']);
  const text = await printed(world, spec, { follow: spec.run });
  assert.match(text, /^one\n1\n2\n/);
  assert.match(text, /\n20000\nend$/);
  const late = await printed(world, spec, { follow: spec.run, tail: 1 });
  assert.equal(late, 'end');
  await removed(world, spec);
});

test('when the container is removed', async () => {
  const world = createWorld();
  const spec = await started(world, ['sh', '-c', 'echo one; exec sleep 600']);
  const following = printed(world, spec, { follow: spec.run });
  await removed(world, spec);
  assert.match(await following, /^(one\n)?$/);
  assert.equal(await printed(world, spec, { follow: spec.run }), '');
});

test.run();
