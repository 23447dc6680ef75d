import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import type { IpAddress, Started } from '@kleenet/core';
import { createHostFiles, createLinuxPlatform } from '@kleenet/platform/linux';
import { container, createWorld } from './host.ts';
import type { World } from './host.ts';
import { fails, inside, nothingLeft, request, running, untilCaught } from './sandbox-helpers.ts';
import { until } from '../../../core/test/support/waiting.ts';

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
    const [program, ...words] = world.platform.sandboxes.logs(spec.container, {});
    const { stdout } = await world.commands.read([program, ...words]);
    assert.deepEqual(stdout.trim().split('\n').toSorted(), ['err', 'out']);
    await world.platform.sandboxes.destroy(spec, world.operation);
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

test('stop asks the command, and not the runtime that is about to become it', async () => {
  const world = createWorld();
  const script = [
    'trap "exit 4" TERM',
    'printf "runc:[2:INIT]" >/proc/self/comm',
    'sleep 1',
    'trap "exit 3" TERM',
    'printf sh >/proc/self/comm',
    'while :; do sleep 0.05; done',
  ].join('\n');
  await running(world, 'none', { command: ['sh', '-c', script] }, async (spec) => {
    await untilCaught(world, spec, 'TERM');
    await world.platform.sandboxes.stop(spec, 'TERM', 10_000);
    assert.equal(await world.platform.sandboxes.exitStatus(spec), 3);
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
      await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
      await sandboxes.create(spec, world.operation);
      await fails(code, () =>
        sandboxes.start(spec, { mode, stdin: false, reap: ['false'] }, world.operation),
      );
      await sandboxes.destroy(spec, world.operation);
      await sandboxes.removeStorage(spec.container, world.operation);
      await nothingLeft(world, spec);
    }
  }
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
    await world.platform.sandboxes.setHostsFiles(
      [{ container: spec.container, entries: [entry] }],
      world.operation,
    );
    assert.deepEqual(await inside(world, spec, 'grep neighbour /etc/hosts'), [
      0,
      '10.9.9.9\tneighbour',
    ]);
  });
});

test('what a container adds to its hosts file stays, also after a start', async () => {
  const world = createWorld();
  const spec = container(world.platform, 'restricted');
  const { sandboxes } = world.platform;
  const entry = { address: '10.9.9.9' as IpAddress, names: ['neighbour'] };
  try {
    for (const seen of ['', '192.0.2.1 mine']) {
      await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
      await sandboxes.create(spec, world.operation);
      await sandboxes.start(spec, { mode: 'detached', reap: ['true'] }, world.operation);
      assert.equal((await inside(world, spec, 'grep mine /etc/hosts'))[1], seen);
      await inside(world, spec, 'echo 192.0.2.1 mine >/etc/hosts');
      await sandboxes.setHostsFiles(
        [{ container: spec.container, entries: [entry] }],
        world.operation,
      );
      assert.deepEqual(await inside(world, spec, 'grep -cE "mine|neighbour" /etc/hosts'), [0, '2']);
      assert.notEqual((await inside(world, spec, 'rm /etc/hosts'))[0], 0);
      assert.notEqual((await inside(world, spec, 'echo x >>/etc/resolv.conf'))[0], 0);
      await sandboxes.destroy(spec, world.operation);
    }
  } finally {
    await sandboxes.destroy(spec, world.operation);
    await sandboxes.removeStorage(spec.container, world.operation);
  }
});

test('a container asks no server of names at a loopback address, unless it shares the stack of its host', async () => {
  const warned: string[] = [];
  const world = createWorld();
  const on = (text: string): World => ({
    ...world,
    platform: createLinuxPlatform({
      commands: world.commands,
      directory: world.directory,
      clock: { now: () => new Date(), sleep: () => Promise.resolve() },
      logger: { debug: () => undefined, warn: (message) => void warned.push(message) },
      commandPrefix: [],
      files: {
        ...createHostFiles(),
        read: (path) =>
          path === '/etc/resolv.conf' ? Promise.resolve(text) : createHostFiles().read(path),
      },
    }),
  });
  const some = on('nameserver 127.0.0.1\nnameserver 192.0.2.7\nnameserver ::1\n');
  const none = on('search example.org\nnameserver 127.0.0.1\n');
  for (const stack of ['own', 'restricted', 'none'] as const) {
    await running(some, stack, {}, async (spec) => {
      const read = await inside(some, spec, 'cat /etc/resolv.conf', { user: '1000' });
      assert.deepEqual(read, [0, 'nameserver 192.0.2.7']);
      assert.notEqual((await inside(some, spec, 'echo >>/etc/resolv.conf'))[0], 0);
    });
    assert.equal(warned.length, 0);
    await running(none, stack, {}, async (spec) => {
      assert.deepEqual(await inside(none, spec, 'cat /etc/resolv.conf'), [0, 'search example.org']);
      assert.equal(warned.length, stack === 'none' ? 0 : 1);
      assert.ok(warned.every((message) => message.includes(`'${spec.container.name}'`)));
    });
    warned.length = 0;
  }
  await running(none, 'host', {}, async (spec) => {
    const kept = readFileSync('/etc/resolv.conf', 'utf8').trim();
    assert.deepEqual(await inside(none, spec, 'cat /etc/resolv.conf'), [0, kept]);
    assert.equal(warned.length, 0);
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
      await refused('mkdir /sys/fs/cgroup/mine || mkdir /sys/fs/cgroup/pids/mine');
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

test('the network stack of a command that runs is mended: its name, its link and its loopback', async () => {
  const world = createWorld();
  const { sandboxes } = world.platform;
  await running(world, 'restricted', {}, async (spec) => {
    const { name, link } = spec.run.sandbox;
    for (const [told, change] of [
      [/loopback interface .* is down/, ['ip', '-n', name, 'link', 'set', 'dev', 'lo', 'down']],
      [/interface klc\S+ is missing/, ['ip', 'link', 'delete', 'dev', link?.hostInterface ?? '']],
      [/network namespace \S+ is missing/, ['ip', 'netns', 'delete', name]],
      [/network namespace \S+ is missing/, ['umount', `/run/netns/${name}`]],
    ] as const) {
      await world.commands.change(change);
      assert.match((await sandboxes.observe(spec)).join('\n'), told);
      await sandboxes.mend?.(spec, world.operation);
      assert.deepEqual(await sandboxes.observe(spec), [], change.join(' '));
      await sandboxes.mend?.(spec, world.operation);
    }
    assert.deepEqual(await inside(world, spec, 'cat /sys/class/net/eth0/address'), [
      0,
      link?.mac ?? '',
    ]);
  });
});

test.run();
