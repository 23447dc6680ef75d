import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import type { ExecRequest, IpAddress, SandboxSpec, Stack, Started } from '@kleenet/core';
import type { ErrorCode } from '@kleenet/core/errors';
import { hasCode } from '@kleenet/core/errors';
import { noticesSignal } from '../../src/linux/stop-plan.ts';
import { container, createWorld, nextRun } from './host.ts';
import type { World } from './host.ts';

const REAP = ['sh', '-c', 'echo "$1" >>"$2"', 'reap'] as const;

/** Runs `body` with a container whose command has been started detached, and removes it whatever happens. */
async function running(
  world: World,
  stack: Stack,
  changes: Parameters<typeof container>[2],
  body: (spec: SandboxSpec, reaped: string) => Promise<void>,
): Promise<void> {
  const spec = container(world.platform, stack, changes);
  const reaped = `${world.directory}/reaped-${spec.run.id}`;
  const { sandboxes } = world.platform;
  await sandboxes.createStorage(spec.container, world.host);
  try {
    await sandboxes.create(spec, world.host);
    await sandboxes.start(
      spec,
      { mode: 'detached', reap: [...REAP, spec.run.id, reaped] },
      world.host,
    );
    await body(spec, reaped);
  } finally {
    await sandboxes.destroy(spec, world.host);
    await sandboxes.removeStorage(spec.container, world.host);
  }
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`waited in vain: ${what}`);
}

const request = (command: readonly string[], changes: Partial<ExecRequest> = {}): ExecRequest => ({
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
async function inside(
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

async function untilCaught(world: World, spec: SandboxSpec, signal: string): Promise<void> {
  await until(`${signal} caught`, async () =>
    noticesSignal((await inside(world, spec, 'cat /proc/1/status'))[1], signal),
  );
}

async function fails(code: ErrorCode, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(
    work,
    (error: unknown) => hasCode(error, code) || assert.fail(`want ${code}, got ${String(error)}`),
  );
}

async function nothingLeft(world: World, spec: SandboxSpec): Promise<void> {
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
function pidsOf({ container: { id } }: SandboxSpec, wanted: (line: string) => boolean): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => commandLine(pid).includes(id) && wanted(commandLine(pid)))
    .map(Number);
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

test('a detached command runs, is listed, logs, ends by itself and is reaped', async () => {
  const world = createWorld();
  const command = ['sh', '-c', 'echo out; echo err >&2; sleep 0.3; exit 7'];
  await running(world, 'restricted', { command }, async (spec, reaped) => {
    assert.deepEqual(await world.platform.sandboxes.states([spec]), ['running']);
    assert.equal(await world.platform.sandboxes.exitStatus(spec), undefined);
    await until('reaped', () => existsSync(reaped));
    assert.equal(readFileSync(reaped, 'utf8'), `${spec.run.id}\n`);
    assert.equal(await world.platform.sandboxes.exitStatus(spec), 7);
    assert.deepEqual(await world.platform.sandboxes.states([spec]), ['absent']);
    const [program, ...words] = world.platform.sandboxes.logs(spec.container, { follow: false });
    const { stdout } = await world.commands.read([program, ...words]);
    assert.deepEqual(stdout.trim().split('\n').toSorted(), ['err', 'out']);
    await world.platform.sandboxes.destroy(spec, world.host);
    await nothingLeft(world, spec);
    assert.equal(await world.platform.sandboxes.exitStatus(spec), 7);
  });
});

test('stop kills what cannot hear TERM at once, and does not reap', async () => {
  const world = createWorld();
  await running(world, 'restricted', {}, async (spec, reaped) => {
    const began = Date.now();
    await world.platform.sandboxes.stop(spec, 'TERM', 10_000);
    assert.ok(Date.now() - began < 3000, `took ${Date.now() - began} ms`);
    assert.equal(await world.platform.sandboxes.exitStatus(spec), 137);
    assert.deepEqual(await world.platform.sandboxes.states([spec]), ['absent']);
    await world.platform.sandboxes.stop(spec, 'TERM', 10_000);
    assert.equal(existsSync(reaped), false);
  });
});

test('stop gives a command that catches TERM time to end', async () => {
  const world = createWorld();
  const command = ['sh', '-c', 'trap "exit 3" TERM; while :; do sleep 0.05; done'];
  await running(world, 'none', { command }, async (spec) => {
    await untilCaught(world, spec, 'TERM');
    await world.platform.sandboxes.stop(spec, 'TERM', 10_000);
    assert.equal(await world.platform.sandboxes.exitStatus(spec), 3);
  });
});

test('stop kills a command that catches TERM and goes on', async () => {
  const world = createWorld();
  const command = ['sh', '-c', 'trap : TERM; while :; do sleep 0.05; done'];
  await running(world, 'none', { command }, async (spec) => {
    await untilCaught(world, spec, 'TERM');
    const began = Date.now();
    await world.platform.sandboxes.stop(spec, 'TERM', 500);
    assert.ok(Date.now() - began >= 500);
    assert.equal(await world.platform.sandboxes.exitStatus(spec), 137);
  });
});

test('exec passes status, user and environment', async () => {
  const world = createWorld();
  await running(world, 'own', { env: ['A=1'] }, async (spec) => {
    const { sandboxes } = world.platform;
    const status = async (started: Promise<Started>): Promise<number | undefined> =>
      (await started).exited;
    assert.equal(await status(sandboxes.exec(spec, request(['sh', '-c', 'exit 42']))), 42);
    assert.equal(await status(sandboxes.exec(spec, request(['sh', '-c', 'exit 255']))), 255);
    assert.deepEqual(await inside(world, spec, 'echo $A$B $HOME', { env: ['B=2'] }), [
      0,
      '12 /root',
    ]);
    assert.deepEqual(await inside(world, spec, 'id -un', { user: 'daemon' }), [0, 'daemon']);
    assert.equal(
      (await sandboxes.exec(spec, request(['true'], { detached: true }))).exited,
      undefined,
    );
    await fails('USER_NOT_FOUND', () =>
      sandboxes.exec(spec, request(['true'], { user: 'nobody-such' })),
    );
    await fails('COMMAND_NOT_FOUND', () => status(sandboxes.exec(spec, request(['nosuch']))));
    await fails('COMMAND_NOT_FOUND', () =>
      sandboxes.exec(spec, request(['nosuch'], { detached: true })),
    );
    await fails('COMMAND_NOT_EXECUTABLE', () => status(sandboxes.exec(spec, request(['/etc']))));
    await sandboxes.stop(spec, 'KILL', 0);
    await fails('CONTAINER_NOT_RUNNING', () => status(sandboxes.exec(spec, request(['true']))));
  });
});

test('a command that cannot be started is told, and leaves nothing', async () => {
  for (const mode of ['detached', 'foreground'] as const) {
    for (const [program, code] of [
      ['nosuch', 'COMMAND_NOT_FOUND'],
      ['/etc', 'COMMAND_NOT_EXECUTABLE'],
    ] as const) {
      const world = createWorld();
      const spec = container(world.platform, 'none', { command: [program] });
      const { sandboxes } = world.platform;
      await sandboxes.createStorage(spec.container, world.host);
      await sandboxes.create(spec, world.host);
      await fails(code, () =>
        sandboxes.start(spec, { mode, stdin: false, reap: ['false'] }, world.host),
      );
      await sandboxes.destroy(spec, world.host);
      await sandboxes.removeStorage(spec.container, world.host);
      await nothingLeft(world, spec);
    }
  }
});

test('a foreground command passes its status on, and signals in', async () => {
  const world = createWorld();
  const spec = container(world.platform, 'own', {
    command: ['sh', '-c', 'trap "exit 9" INT; while :; do sleep 0.05; done'],
  });
  const { sandboxes } = world.platform;
  await sandboxes.createStorage(spec.container, world.host);
  try {
    await sandboxes.create(spec, world.host);
    const started = await sandboxes.start(
      spec,
      { mode: 'foreground', stdin: false, reap: ['touch', `${world.directory}/reaped`] },
      world.host,
    );
    await untilCaught(world, spec, 'INT');
    started.signal?.('SIGINT');
    assert.equal(await started.exited, 9);
    assert.equal(existsSync(`${world.directory}/reaped`), false);
  } finally {
    await sandboxes.destroy(spec, world.host);
  }
  await nothingLeft(world, spec);
});

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

test('a foreground command whose klee is killed goes on, and is reaped when it ends', async () => {
  const world = createWorld();
  const command = ['sh', '-c', 'while [ ! -e /tmp/end ]; do sleep 0.05; done; exit 5'];
  const spec = container(world.platform, 'restricted', { command });
  const { sandboxes } = world.platform;
  const reaped = `${world.directory}/reaped`;
  await sandboxes.createStorage(spec.container, world.host);
  try {
    await sandboxes.create(spec, world.host);
    const klee = foregroundRun(spec, world, ['touch', reaped]);
    await until('running', async () => (await sandboxes.states([spec]))[0] === 'running');
    klee.kill('SIGKILL');
    await ended(klee);
    assert.deepEqual(await sandboxes.states([spec]), ['running']);
    await inside(world, spec, 'touch /tmp/end').catch(() => {});
    await until('reaped', () => existsSync(reaped));
    assert.equal(await sandboxes.exitStatus(spec), 5);
  } finally {
    await sandboxes.destroy(spec, world.host);
  }
  await nothingLeft(world, spec);
});

test('a foreground command has the standard streams, and with -t a terminal', async () => {
  for (const terminal of [false, true]) {
    const world = createWorld();
    const command = ['sh', '-c', 'read -r line; echo "got $line"; [ -t 0 ] && echo tty; exit 4'];
    const spec = container(world.platform, 'own', { command, terminal, interactive: true });
    await world.platform.sandboxes.createStorage(spec.container, world.host);
    await world.platform.sandboxes.create(spec, world.host);
    const klee = foregroundRun(spec, world, ['true'], terminal);
    const printed = printedBy(klee);
    klee.stdin?.write('hello\n');
    assert.equal(await ended(klee), 4);
    assert.match(printed(), /got hello/);
    assert.equal(/^tty\r?$/m.test(printed()), terminal);
    await world.platform.sandboxes.destroy(spec, world.host);
    await nothingLeft(world, spec);
  }
});

test('many containers start and end at once', async () => {
  const world = createWorld();
  const { sandboxes } = world.platform;
  const specs = Array.from({ length: 16 }, () => container(world.platform, 'restricted'));
  await Promise.all(
    specs.map(async (spec) => {
      await sandboxes.createStorage(spec.container, world.host);
      await sandboxes.create(spec, world.host);
      await sandboxes.start(spec, { mode: 'detached', reap: ['true'] }, world.host);
    }),
  );
  assert.deepEqual(new Set(await sandboxes.states(specs)), new Set(['running']));
  await Promise.all(specs.map((spec) => sandboxes.destroy(spec, world.host)));
  for (const spec of specs) await nothingLeft(world, spec);
});

test('mounts, hosts and host name are as asked for', async () => {
  const world = createWorld();
  writeFileSync(`${world.directory}/file`, 'mine\n');
  const mounts = [
    { source: world.directory, target: '/data/in', readOnly: true },
    { source: world.directory, target: '/var/log/out', readOnly: false },
  ];
  await running(world, 'restricted', { mounts }, async (spec) => {
    assert.deepEqual(await inside(world, spec, 'cat /data/in/file'), [0, 'mine']);
    assert.equal((await inside(world, spec, 'touch /data/in/no'))[0], 1);
    assert.deepEqual(await inside(world, spec, 'touch /var/log/out/yes'), [0, '']);
    assert.ok(existsSync(`${world.directory}/yes`));
    assert.deepEqual(await inside(world, spec, 'hostname'), [0, spec.container.name]);
    const entry = { address: '10.9.9.9' as IpAddress, names: ['neighbour'] };
    await world.platform.sandboxes.setHosts(spec.container, [entry], world.host);
    assert.deepEqual(await inside(world, spec, 'grep neighbour /etc/hosts'), [
      0,
      '10.9.9.9\tneighbour',
    ]);
  });
});

test('containers have the least privilege', async () => {
  const world = createWorld();
  for (const stack of ['restricted', 'own', 'none', 'host'] as const) {
    await running(world, stack, {}, async (spec) => {
      const refused = async (script: string): Promise<void> => {
        const [status, output] = await inside(world, spec, script);
        assert.notEqual(status, 0, `${stack}: ${script}: ${output}`);
      };
      await refused('ip link set dev lo down');
      await refused('ip link add name x type bridge');
      await refused('mount -t tmpfs x /tmp');
      await refused('unshare --user true');
      await refused('unshare --net true');
      await refused('echo 1 >/proc/sys/net/ipv4/ip_forward');
      await refused('grep -q . /etc/shadow');
      await refused(`ls ${world.directory} | grep -q .`);
      await refused('ls /root | grep -q .');
      await refused('dmesg');
      const [, capabilities] = await inside(world, spec, 'grep CapBnd /proc/self/status');
      const bits = BigInt(`0x${/[0-9a-f]+$/.exec(capabilities)?.[0] ?? 'f'}`);
      assert.equal(bits & (1n << 12n), 0n, 'CAP_NET_ADMIN');
      assert.equal((bits & (1n << 13n)) !== 0n, stack === 'own', 'CAP_NET_RAW');
      assert.equal(bits & (1n << 21n), 0n, 'CAP_SYS_ADMIN');
      assert.deepEqual(await inside(world, spec, 'ls /proc/self/fd'), [0, '0\n1\n2\n3']);
      assert.equal((await inside(world, spec, 'node -p 6*7'))[1], '42');
    });
  }
});

test('the death of the supervisor leaves a container that can be stopped', async () => {
  const world = createWorld();
  await running(world, 'restricted', {}, async (spec) => {
    const { stdout } = await world.commands.read(
      ['pgrep', '-f', `^sh -c .*containers/${spec.container.id}`],
      { accept: [0, 1] },
    );
    const supervisors = stdout.trim().split('\n').map(Number);
    assert.equal(supervisors.length, 1);
    process.kill(supervisors[0] ?? 0, 'SIGKILL');
    assert.deepEqual(await world.platform.sandboxes.states([spec]), ['running']);
    await world.platform.sandboxes.stop(spec, 'TERM', 1000);
    assert.deepEqual(await world.platform.sandboxes.states([spec]), ['absent']);
    await world.platform.sandboxes.destroy(spec, world.host);
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
      await sandboxes.createStorage(spec.container, world.host);
      await sandboxes.create(spec, world.host);
      const launch = { mode: 'detached', reap: ['true'] } as const;
      const started = Promise.allSettled([sandboxes.start(spec, launch, world.host)]);
      await new Promise((resolve) => setTimeout(resolve, delay));
      for (const pid of pidsOf(spec, isVictim)) process.kill(pid, 'SIGKILL');
      await started;
      await sandboxes.destroy(spec, world.host);
      await nothingLeft(world, spec);
    }
  }
});

test('destroy takes away half-made sandboxes, and may be repeated', async () => {
  const world = createWorld();
  const { sandboxes } = world.platform;
  const spec = container(world.platform, 'restricted');
  await sandboxes.createStorage(spec.container, world.host);
  await sandboxes.destroy(spec, world.host);
  await world.commands.change(['ip', 'netns', 'add', spec.run.sandbox.name]);
  await sandboxes.destroy(spec, world.host);
  await sandboxes.create(spec, world.host);
  await world.commands.change(['ip', 'netns', 'delete', spec.run.sandbox.name]);
  await sandboxes.destroy(spec, world.host);
  await sandboxes.create(spec, world.host);
  await world.commands.change([
    'umount',
    `${world.directory}/containers/${spec.container.id}/rootfs`,
  ]);
  await sandboxes.destroy(spec, world.host);
  await sandboxes.destroy(spec, world.host);
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
