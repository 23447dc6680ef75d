import assert from 'node:assert/strict';
import { test } from 'uvu';
import { container, createWorld, nextRun } from './host.ts';
import { nothingLeft, pidsOf, running } from './sandbox-helpers.ts';

test('many containers start and end at once', async () => {
  const world = createWorld();
  const { sandboxes } = world.platform;
  const specs = Array.from({ length: 16 }, () => container(world.platform, 'restricted'));
  await Promise.all(
    specs.map(async (spec) => {
      await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
      await sandboxes.create(spec, world.operation);
      await sandboxes.start(spec, { mode: 'detached', reap: ['true'] }, world.operation);
    }),
  );
  assert.deepEqual(new Set(await sandboxes.states(specs)), new Set(['running']));
  await Promise.all(specs.map((spec) => sandboxes.destroy(spec, world.operation)));
  for (const spec of specs) await nothingLeft(world, spec);
});

test('the death of the supervisor leaves a container that can be stopped', async () => {
  const world = createWorld();
  await running(world, 'restricted', {}, async (spec) => {
    // The writers of its log are younger.
    const { stdout } = await world.commands.read(
      ['pgrep', '-o', '-f', `^sh -c .*containers/${spec.container.id}`],
      { accept: [0, 1] },
    );
    const supervisors = stdout.trim().split('\n').map(Number);
    assert.equal(supervisors.length, 1);
    process.kill(supervisors[0] ?? 0, 'SIGKILL');
    assert.deepEqual(await world.platform.sandboxes.states([spec]), ['running']);
    await world.platform.sandboxes.stop(spec, 'TERM', 1000);
    assert.deepEqual(await world.platform.sandboxes.states([spec]), ['absent']);
    await world.platform.sandboxes.destroy(spec, world.operation);
    await nothingLeft(world, spec);
  });
});

test('destroy takes away what is left when processes are killed while a command starts', async () => {
  const world = createWorld();
  const { sandboxes } = world.platform;
  const launcher = (line: string): boolean => line.includes('exec 4<');
  for (const isVictim of [launcher, () => true]) {
    for (const delay of [5, 15, 25, 35, 45, 60, 80]) {
      const spec = container(world.platform, 'restricted');
      await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
      await sandboxes.create(spec, world.operation);
      const launch = { mode: 'detached', reap: ['true'] } as const;
      const started = Promise.allSettled([sandboxes.start(spec, launch, world.operation)]);
      await new Promise((resolve) => setTimeout(resolve, delay));
      for (const pid of pidsOf(spec, isVictim)) process.kill(pid, 'SIGKILL');
      await started;
      await sandboxes.destroy(spec, world.operation);
      await nothingLeft(world, spec);
    }
  }
});

test('destroy takes away half-made sandboxes, and may be repeated', async () => {
  const world = createWorld();
  const { sandboxes } = world.platform;
  const spec = container(world.platform, 'restricted');
  await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
  await sandboxes.destroy(spec, world.operation);
  await world.commands.change(['ip', 'netns', 'add', spec.run.sandbox.name]);
  await sandboxes.destroy(spec, world.operation);
  await sandboxes.create(spec, world.operation);
  await world.commands.change(['ip', 'netns', 'delete', spec.run.sandbox.name]);
  await sandboxes.destroy(spec, world.operation);
  await sandboxes.create(spec, world.operation);
  // As ip(8) leaves it when it is killed while it deletes a namespace.
  await world.commands.change(['umount', `/run/netns/${spec.run.sandbox.name}`]);
  await sandboxes.destroy(spec, world.operation);
  await sandboxes.create(spec, world.operation);
  await world.commands.change([
    'umount',
    `${world.directory}/containers/${spec.container.id}/rootfs`,
  ]);
  await sandboxes.destroy(spec, world.operation);
  await sandboxes.destroy(spec, world.operation);
  await nothingLeft(world, spec);
});

test("another run of a container is not taken for the first one's", async () => {
  const world = createWorld();
  await running(world, 'none', {}, async (spec) => {
    const other = { ...spec, run: nextRun(world.platform, spec.container) };
    assert.deepEqual(await world.platform.sandboxes.states([other, spec]), ['absent', 'running']);
    await world.platform.sandboxes.stop(other, 'TERM', 1000);
    assert.deepEqual(await world.platform.sandboxes.states([spec]), ['running']);
  });
});

test.run();
