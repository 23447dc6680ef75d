import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import { container, createWorld, nextRun } from './host.ts';
import { nothingLeft, parentOf, pidsOf, running, untilCaught } from './sandbox-helpers.ts';
import { until } from '../../../core/test/support/waiting.ts';
import { pidIn } from '../support/processes.ts';

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

/** The supervisor, and the one that writes the log. */
const isSupervisor = (line: string): boolean => line.startsWith('sh -c');

test('the runtime does not stay with a detached command', async () => {
  const world = createWorld();
  await running(world, 'restricted', {}, async (spec) => {
    // It ends a moment after its hook has told of the start.
    const isOther = (line: string): boolean => !isSupervisor(line);
    await until('the end of the runtime', () => pidsOf(spec, isOther).length === 0);
    assert.equal(pidsOf(spec, isSupervisor).length, 2);
  });
});

const endsSoon = { command: ['sh', '-c', 'sleep 4; exit 3'] };

test('the end of a command is noticed when the process that has adopted it is dead', async () => {
  const world = createWorld();
  await running(world, 'restricted', endsSoon, async (spec, reaped) => {
    const supervisors = pidsOf(spec, isSupervisor);
    const parents = supervisors.map(parentOf);
    const [adopter] = parents.filter((pid) => !supervisors.includes(pid));
    process.kill(adopter ?? 0, 'SIGKILL');
    assert.deepEqual(await world.platform.sandboxes.states([spec]), ['running']);
    await until('a reap', () => existsSync(reaped));
    assert.equal(await world.platform.sandboxes.exitStatus(spec), undefined);
  });
});

test('the end of a command is noticed when another process holds its output', async () => {
  const world = createWorld();
  await running(world, 'restricted', endsSoon, async (spec, reaped) => {
    const pid = `${world.directory}/containers/${spec.container.id}/run-${spec.run.id}/pid`;
    // The runtime writes it after its hook has told of the start.
    await until('a process id', () => existsSync(pid));
    const output = openSync(`/proc/${pidIn(pid)}/fd/1`, 'w');
    const holder = spawn('sleep', ['120'], { stdio: ['ignore', output, 'ignore'] });
    closeSync(output);
    // The supervisor looks every few seconds, and gives the log some more.
    await sleep(15_000);
    await until('a reap', () => existsSync(reaped));
    assert.equal(await world.platform.sandboxes.exitStatus(spec), 3);
    holder.kill();
  });
});

test('a command has its grace also when its supervisor is dead', async () => {
  const world = createWorld();
  const command = ['sh', '-c', 'trap "sleep 2; exit 0" TERM; while :; do sleep 0.1; done'];
  await running(world, 'restricted', { command }, async (spec) => {
    await untilCaught(world, spec, 'TERM');
    for (const pid of pidsOf(spec, isSupervisor)) process.kill(pid, 'SIGKILL');
    const before = Date.now();
    await world.platform.sandboxes.stop(spec, 'TERM', 60_000);
    const took = Date.now() - before;
    assert.ok(took > 1500 && took < 50_000, String(took));
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
