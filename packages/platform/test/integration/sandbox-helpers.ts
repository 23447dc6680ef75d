/** Sandboxes that tests run commands in, and what is left of them. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import type { ExecRequest, SandboxSpec, Stack } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import type { ErrorCode } from '@kleenet/core/errors';
import { noticesSignal } from '../../src/linux/sandbox-stop.ts';
import { container } from './host.ts';
import type { World } from './host.ts';
import { until } from '../../../core/test/support/waiting.ts';

const REAP = ['sh', '-c', 'echo "$1" >>"$2"', 'reap'] as const;

/** Runs `body` with a container whose command has been started detached, and removes it whatever happens. */
export async function running(
  world: World,
  stack: Stack,
  changes: Parameters<typeof container>[2],
  body: (spec: SandboxSpec, reaped: string) => Promise<void>,
): Promise<void> {
  const spec = container(world.platform, stack, changes);
  const reaped = `${world.directory}/reaped-${spec.run.id}`;
  const { sandboxes } = world.platform;
  await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
  try {
    await sandboxes.create(spec, world.operation);
    await sandboxes.start(
      spec,
      { mode: 'detached', reap: [...REAP, spec.run.id, reaped] },
      world.operation,
    );
    await body(spec, reaped);
  } finally {
    await sandboxes.destroy(spec, world.operation);
    await sandboxes.removeStorage(spec.container, world.operation);
  }
}

export const request = (
  command: readonly string[],
  changes: Partial<ExecRequest> = {},
): ExecRequest => ({
  command,
  env: [],
  user: '',
  terminal: false,
  stdin: false,
  detached: false,
  ...changes,
});

let outputs = 0;

/** Runs a shell command in the container, and returns its status and what it printed. */
export async function inside(
  world: World,
  spec: SandboxSpec,
  script: string,
  changes: Partial<ExecRequest> = {},
): Promise<readonly [number, string]> {
  const file = `/tmp/output-${++outputs}`;
  const { exited } = await world.platform.sandboxes.exec(
    spec,
    request(['sh', '-c', `{ ${script}; } >${file} 2>&1`], changes),
  );
  const status = await exited;
  const name = `klee-${spec.container.id}`;
  const { stdout } = await world.commands.read([
    'runc',
    '--root',
    '/run/kleenet/runtime',
    'exec',
    name,
    'cat',
    file,
  ]);
  return [status ?? -1, stdout.trim()];
}

export async function untilCaught(world: World, spec: SandboxSpec, signal: string): Promise<void> {
  await until(`${signal} caught`, async () =>
    noticesSignal((await inside(world, spec, 'cat /proc/1/status'))[1], signal),
  );
}

export async function fails(code: ErrorCode, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(
    work,
    (error: unknown) => hasCode(error, code) || assert.fail(`want ${code}, got ${String(error)}`),
  );
}

export async function nothingLeft(world: World, spec: SandboxSpec): Promise<void> {
  const { stdout: links } = await world.commands.read(['ip', '-o', 'link']);
  const { stdout: namespaces } = await world.commands.read(['ip', 'netns', 'list']);
  const { stdout: known } = await world.commands.read([
    'runc',
    '--root',
    '/run/kleenet/runtime',
    'list',
    '-q',
  ]);
  assert.equal(links.includes(spec.container.id), false, links);
  assert.equal(namespaces.includes(spec.container.id), false, namespaces);
  assert.equal(known.includes(spec.container.id), false, known);
  assert.equal(readFileSync('/proc/self/mounts', 'utf8').includes(world.directory), false);
  assert.deepEqual(cgroupsOf(spec), []);
  assert.deepEqual(processesOf(spec), []);
}

function cgroupsOf({ container: { id } }: SandboxSpec): string[] {
  const parents = [
    '/sys/fs/cgroup',
    ...readdirSync('/sys/fs/cgroup').map((name) => `/sys/fs/cgroup/${name}`),
  ];
  return parents.map((parent) => `${parent}/kleenet/${id}`).filter((path) => existsSync(path));
}

/** Processes of klee and of the runtime that name the container; those inside it do not. */
export function pidsOf(
  { container: { id } }: SandboxSpec,
  wanted: (line: string) => boolean,
): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => commandLine(pid).includes(id) && wanted(commandLine(pid)))
    .map(Number);
}

/** 0 for a process that is gone. */
export function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch (error) {
    assert.ok(['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? ''));
    return 0;
  }
}

/** Command lines of processes that name the container. */
function processesOf({ container: { id } }: SandboxSpec): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandLine(pid))
    .filter((line) => line.includes(`klee-${id}`) || line.includes(`containers/${id}`));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
