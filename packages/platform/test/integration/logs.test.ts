/** The log of a container: it has a limit, and following it ends with the run. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, statSync, statfsSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import type { LogsOptions, SandboxSpec } from '@kleenet/core';
import { container, createWorld, nextRun } from './host.ts';
import type { World } from './host.ts';
import { parentOf, pidsOf } from './sandbox-helpers.ts';
import { until } from '../../../core/test/support/waiting.ts';

const detached = { mode: 'detached', reap: ['true'] } as const;

async function started(world: World, command: readonly string[]): Promise<SandboxSpec> {
  const { sandboxes } = world.platform;
  const spec = container(world.platform, 'own', { command });
  await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
  await sandboxes.create(spec, world.operation);
  await sandboxes.start(spec, detached, world.operation);
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
  await world.platform.sandboxes.destroy(spec, world.operation);
  await world.platform.sandboxes.removeStorage(spec.container, world.operation);
}

test('to the last word, when the command ends by itself', async () => {
  const world = createWorld();
  const spec = await started(world, ['sh', '-c', 'echo one >&2; sleep 1; seq 20000; printf end']);
  const text = await printed(world, spec, { follow: spec.run });
  assert.match(text, /^one\n1\n2\n/);
  assert.match(text, /\n20000\nend$/);
  const late = await printed(world, spec, { follow: spec.run, tail: 1 });
  assert.equal(late, 'end');
  await removed(world, spec);
});

test('for as long as it runs, also when it prints nothing', async () => {
  const world = createWorld();
  const spec = await started(world, ['sh', '-c', 'echo one; sleep 6; echo two']);
  assert.equal(await printed(world, spec, { follow: spec.run }), 'one\ntwo\n');
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

/** How many bytes both files of the log have; less while one takes the name of the other. */
function sizeOf(world: World, { container: { id } }: SandboxSpec): number {
  const directory = `${world.directory}/containers/${id}`;
  const names = readdirSync(directory).filter((name) => name.startsWith('log'));
  assert.ok(names.length <= 2, names.join());
  const sizes = names.map(
    (name) => statSync(`${directory}/${name}`, { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The processes that write the log: copies of the supervisor, and dd(1) below them. */
function writers(supervised: SandboxSpec): readonly number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parents = new Map(all.map((pid) => [Number(pid), parentOf(Number(pid))]));
  const shells = pidsOf(supervised, (line) => line.startsWith('sh -c'));
  const copies = shells.filter((pid) => shells.includes(parents.get(pid) ?? 0));
  const below = [...parents].flatMap(([pid, parent]) => (copies.includes(parent) ? [pid] : []));
  return [...new Set([...copies, ...below])];
}

/** dd(1) comes and goes. */
function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
    }
  }
}

const LIMIT = 1024 * 1024;
const lines = (text: string): readonly number[] => text.trimEnd().split('\n').map(Number);

test('a command that prints much keeps its newest lines, all its status, and no more than the limit', async () => {
  const world = createWorld(undefined, LIMIT);
  const script = 'seq 1000003; exit 7';
  const spec = await started(world, ['sh', '-c', script]);
  while ((await world.platform.sandboxes.exitStatus(spec)) === undefined) {
    assert.ok(sizeOf(world, spec) <= LIMIT);
    await sleep(20);
  }
  assert.equal(await world.platform.sandboxes.exitStatus(spec), 7);
  const [size, text] = [sizeOf(world, spec), await printed(world, spec, {})];
  assert.ok(size <= LIMIT && size >= LIMIT / 4, String(size));
  assert.equal(Buffer.byteLength(text), size);
  // The first line may have been cut in two.
  const numbers = lines(text).slice(1);
  const from = 1_000_004 - numbers.length;
  assert.ok(numbers.every((number, index) => number === from + index));
  assert.equal(await printed(world, spec, { tail: 2 }), '1000002\n1000003\n');
  // Lines of both files.
  const many = lines(await printed(world, spec, { tail: numbers.length - 1 }));
  assert.deepEqual(many, numbers.slice(1));
  await removed(world, spec);
});

test('what is put aside while it is followed is printed without a gap', async () => {
  const world = createWorld(undefined, LIMIT);
  const script =
    'n=0; while [ $n -lt 60 ]; do seq $((n * 5000)) $((n * 5000 + 4999)); n=$((n + 1)); sleep 0.05; done';
  const spec = await started(world, ['sh', '-c', script]);
  const numbers = lines(await printed(world, spec, { follow: spec.run }));
  assert.ok(sizeOf(world, spec) < 300_000 * 6);
  const gap = numbers.findIndex((number, index) => number !== index);
  assert.equal(gap, -1, `${numbers[gap - 1]} is followed by ${numbers[gap]}`);
  assert.equal(numbers.length, 300_000);
  await removed(world, spec);
});

test('a command goes on when the writers of its log are killed, and so does its log', async () => {
  const world = createWorld(undefined, LIMIT);
  const script = 'n=0; while :; do n=$((n + 1)); echo $n; sleep 0.01; done';
  const spec = await started(world, ['sh', '-c', script]);
  const found = writers(spec);
  assert.ok(found.length >= 2, String(found));
  const last = async (): Promise<number> => Number(await printed(world, spec, { tail: 1 }));
  // First the youngest, then with the one that keeps it going.
  for (const victims of [found.slice(1), writers(spec)]) {
    kill(victims);
    const before = await last();
    await until('the log goes on', async () => (await last()) > before + 50);
  }
  assert.deepEqual(await world.platform.sandboxes.states([spec]), ['running']);
  await world.platform.sandboxes.stop(spec, 'TERM', 0);
  assert.equal(await world.platform.sandboxes.exitStatus(spec), 137);
  await removed(world, spec);
});

test('a command waits when neither a writer of its log nor its supervisor is left', async () => {
  const world = createWorld(undefined, LIMIT);
  const spec = await started(world, ['sh', '-c', 'sleep 2; seq 1000000; exec sleep 600']);
  kill([...pidsOf(spec, (line) => line.startsWith('sh -c')), ...writers(spec)]);
  await until('no writer is left', () => writers(spec).length === 0);
  await sleep(3000);
  assert.deepEqual(await world.platform.sandboxes.states([spec]), ['running']);
  await world.platform.sandboxes.stop(spec, 'TERM', 0);
  assert.equal(await world.platform.sandboxes.exitStatus(spec), undefined);
  await removed(world, spec);
});

test('the writer of a log goes on without the supervisor, and ends with the command', async () => {
  const world = createWorld(undefined, LIMIT);
  const spec = await started(world, ['sh', '-c', 'sleep 3; seq 100000; printf end']);
  const found = writers(spec);
  assert.ok(found.length >= 2, String(found));
  const shells = pidsOf(spec, (line) => line.startsWith('sh -c'));
  kill(shells.filter((pid) => !found.includes(pid)));
  assert.match(await printed(world, spec, { follow: spec.run }), /\n100000\nend$/);
  await until('no process is left', () => pidsOf(spec, () => true).length === 0);
  await removed(world, spec);
});

test('a further run goes on with the log, also one on a terminal', async () => {
  const world = createWorld(undefined, LIMIT);
  const { sandboxes } = world.platform;
  const spec = container(world.platform, 'own', {
    terminal: true,
    command: ['sh', '-c', 'test -t 1 && echo terminal; seq 30000; echo last'],
  });
  await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
  const expected = (runs: number): string => {
    const numbers = Array.from({ length: 30_000 }, (_, index) => `${index + 1}\r\n`).join('');
    return `terminal\r\n${numbers}last\r\n`.repeat(runs);
  };
  for (const runs of [1, 2, 3]) {
    const again = { ...spec, run: nextRun(world.platform, spec.container) };
    await sandboxes.create(again, world.operation);
    await sandboxes.start(again, detached, world.operation);
    await printed(world, again, { follow: again.run });
    assert.equal(await sandboxes.exitStatus(again), 0);
    assert.equal(await printed(world, again, {}), expected(runs));
    await sandboxes.destroy(again, world.operation);
  }
  assert.equal(await printed(world, spec, { tail: 1 }), 'last\r\n');
  await sandboxes.removeStorage(spec.container, world.operation);
});

test('a full disk does not stop a command, whose log goes on when there is room', async () => {
  const directory = mkdtempSync('/run/kleenet-test-');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', directory]);
  const world = createWorld(directory, 64 * LIMIT);
  const script = 'seq 200000; n=0; while :; do n=$((n + 1)); echo "round $n"; sleep 0.02; done';
  const spec = await started(world, ['sh', '-c', script]);
  const free = (): number => Number(statfsSync(directory).bavail);
  await until('the disk is full', () => free() === 0);
  await sleep(1000);
  assert.deepEqual(await world.platform.sandboxes.states([spec]), ['running']);
  assert.match(await printed(world, spec, { tail: 2 }), /^\d+\n/);
  truncateSync(`${directory}/containers/${spec.container.id}/log`);
  await until('it goes on', async () => /^round \d{2,}$/m.test(await printed(world, spec, {})));
  await world.platform.sandboxes.stop(spec, 'KILL', 0);
  await removed(world, spec);
  execFileSync('umount', [directory]);
});

test.run();
