/** What a container cannot do to its host, tried from inside and with images that are not to be trusted. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import type { SandboxSpec } from '@kleenet/core';
import { container, createWorld, nextId, nextRun } from './host.ts';
import type { World } from './host.ts';
import { fails, inside, nothingLeft, running } from './sandbox-helpers.ts';

const IMAGE = 'aaaaaaaaaaaa';

/** A file system of an image with the host's `sh`, `cat` and `id`, and what these are linked with. */
function makeImage({ directory }: World): string {
  const root = join(directory, 'images', IMAGE, 'rootfs');
  for (const program of ['/bin/sh', '/bin/cat', '/usr/bin/id', '/usr/bin/sleep']) {
    const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/\/\S+/g);
    for (const path of [program, ...Array.from(libraries, ([path]) => path)]) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      execFileSync('cp', ['-L', path, join(root, path)]);
    }
  }
  mkdirSync(join(root, 'etc'), { recursive: true });
  mkdirSync(join(root, 'tmp'));
  return root;
}

/** Creates, starts and removes a container of the image, and returns what its command printed, as `STATUS: OUTPUT`. */
async function ran(world: World, changes: Parameters<typeof container>[2] = {}): Promise<string> {
  const { sandboxes } = world.platform;
  const spec = container(world.platform, 'none', {
    imageId: IMAGE,
    command: ['/bin/sh', '-c', 'echo ran'],
    ...changes,
  });
  await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
  try {
    return await runOnce(world, spec);
  } finally {
    await sandboxes.destroy(spec, world.operation);
    await sandboxes.removeStorage(spec.container, world.operation);
    await nothingLeft(world, spec);
  }
}

async function runOnce(world: World, spec: SandboxSpec): Promise<string> {
  const { sandboxes } = world.platform;
  await sandboxes.create(spec, world.operation);
  await sandboxes.start(spec, { mode: 'detached', reap: ['true'] }, world.operation);
  for (let tries = 0; tries < 200; tries++) {
    const status = await sandboxes.exitStatus(spec);
    const [program, ...words] = sandboxes.logs(spec.container, {});
    if (status !== undefined)
      return `${status}: ${(await world.commands.read([program, ...words])).stdout.trim()}`;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return assert.fail('the command does not end');
}

test('no link in an image leads the start of a container out of it', async () => {
  const world = createWorld();
  const root = makeImage(world);
  const victim = join(world.directory, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'ptmx'), 'precious\n');
  writeFileSync(join(victim, 'hosts'), 'precious\n');
  const untouched = (): void => {
    assert.deepEqual(readdirSync(victim).toSorted(), ['hosts', 'ptmx']);
    for (const name of ['hosts', 'ptmx'])
      assert.equal(readFileSync(join(victim, name), 'utf8'), 'precious\n');
  };
  for (const name of ['dev', 'proc', 'sys']) {
    for (const target of [victim, `..${victim}`, '/', 'nowhere']) {
      symlinkSync(target, join(root, name));
      await fails('PLATFORM_COMMAND_FAILED', () => ran(world));
      untouched();
      rmSync(join(root, name));
    }
    writeFileSync(join(root, name), '');
    await fails('PLATFORM_COMMAND_FAILED', () => ran(world));
    rmSync(join(root, name));
  }
  for (const name of ['opt', 'data']) symlinkSync(victim, join(root, name));
  const mounts = ['/opt/x', '/data/a/b'].map((target) => ({
    source: victim,
    target,
    readOnly: true,
  }));
  assert.equal(await ran(world, { mounts }), '0: ran');
  untouched();
});

test('what stands in the place of /etc or of its files does not hang or lead a start', async () => {
  const world = createWorld();
  const root = makeImage(world);
  const victim = join(world.directory, 'victim');
  mkdirSync(victim);
  for (const name of ['hosts', 'resolv.conf', 'passwd', 'group'])
    writeFileSync(join(victim, name), 'evil:x:0:0::/:\n');
  const names = ['hosts', 'resolv.conf', 'passwd', 'group'];
  const etc = (name: string): string => join(root, 'etc', name);
  const outward: readonly ((name: string) => string)[] = [
    (name) => join(victim, name),
    (name) => `../../../../../../..${victim}/${name}`,
    () => '/dev/tty',
  ];
  for (const target of outward) {
    for (const name of names) symlinkSync(target(name), etc(name));
    assert.equal(await ran(world), '0: ran');
    await fails('USER_NOT_FOUND', () => ran(world, { user: 'evil' }));
    for (const name of names) rmSync(etc(name));
  }
  execFileSync('mkfifo', [join(root, 'fifo')]);
  execFileSync('mknod', [join(root, 'zero'), 'c', '1', '5']);
  for (const name of ['hosts', 'resolv.conf']) {
    for (const target of ['/fifo', '../zero']) {
      symlinkSync(target, etc(name));
      assert.equal(await ran(world), '0: ran', `${name} -> ${target}`);
      rmSync(etc(name));
    }
    execFileSync('mkfifo', [etc(name)]);
    assert.equal(await ran(world), '0: ran', name);
    rmSync(etc(name));
  }
  for (const name of ['passwd', 'group']) {
    for (const target of ['/fifo', '../zero', name]) {
      symlinkSync(target, etc(name));
      await fails('PLATFORM_COMMAND_FAILED', () => ran(world));
      rmSync(etc(name));
    }
    execFileSync('mkfifo', [etc(name)]);
    await fails('PLATFORM_COMMAND_FAILED', () => ran(world, { user: 'evil' }));
    rmSync(etc(name));
    writeFileSync(etc(name), '');
    truncateSync(etc(name), 2 ** 40);
    await fails('PLATFORM_COMMAND_FAILED', () => ran(world));
    rmSync(etc(name));
  }
  for (const name of names) {
    mkdirSync(join(root, 'etc', name));
    await fails('PLATFORM_COMMAND_FAILED', () => ran(world));
    rmSync(join(root, 'etc', name), { recursive: true });
  }
  rmSync(join(root, 'etc'), { recursive: true });
  symlinkSync(victim, join(root, 'etc'));
  assert.equal(await ran(world), '0: ran');
  await fails('USER_NOT_FOUND', () => ran(world, { user: 'evil' }));
  for (const name of names)
    assert.equal(readFileSync(join(victim, name), 'utf8'), 'evil:x:0:0::/:\n', name);
  assert.equal(readdirSync(victim).length, names.length);
});

test('a container that has put a link in place of /etc does not lead its next start', async () => {
  const world = createWorld();
  makeImage(world);
  const victim = join(world.directory, 'victim');
  mkdirSync(victim);
  const { sandboxes } = world.platform;
  const first = container(world.platform, 'none', { imageId: IMAGE });
  const { upper } = (await import('../../src/linux/layout.ts'))
    .layoutOf(world.directory)
    .container(first.container.id);
  const spec: SandboxSpec = {
    ...first,
    container: { ...first.container, command: ['/bin/sh', '-c', 'echo ran'] },
  };
  await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
  try {
    assert.equal(await runOnce(world, spec), '0: ran');
    await sandboxes.destroy(spec, world.operation);
    rmSync(join(upper, 'etc'), { recursive: true, force: true });
    symlinkSync(victim, join(upper, 'etc'));
    const second = { ...spec, run: nextRun(world.platform, spec.container) };
    assert.match(await runOnce(world, second), /^0: ran/);
    await sandboxes.destroy(second, world.operation);
    assert.deepEqual(readdirSync(victim), []);
  } finally {
    await sandboxes.destroy(spec, world.operation);
    await sandboxes.removeStorage(spec.container, world.operation);
  }
});

test('a user by number has the groups that the container gives it', async () => {
  const world = createWorld();
  const root = makeImage(world);
  writeFileSync(join(root, 'etc', 'passwd'), 'web:x:33:44::/srv:/bin/sh\n');
  writeFileSync(join(root, 'etc', 'group'), 'a:x:55:web\nb:x:66:\n');
  const ids = (user: string): Promise<string> =>
    ran(world, { user, command: ['/bin/sh', '-c', 'id -u; id -G; echo $HOME'] });
  assert.equal(await ids('33'), '0: 33\n44 55\n/srv');
  assert.equal(await ids('33:66'), '0: 33\n66\n/srv');
  assert.equal(await ids('99'), '0: 99\n0\n/');
});

test('no device that a container makes can be opened', async () => {
  const world = createWorld();
  await running(world, 'none', {}, async (spec) => {
    for (const directory of ['', '/tmp', '/run', '/var/tmp', '/root', '/home', '/dev/shm']) {
      const device = `${directory}/zero`;
      assert.equal((await inside(world, spec, `mknod ${device} c 1 5`))[0], 0, device);
      const [status, said] = await inside(world, spec, `head -c 1 ${device}`);
      assert.equal(status, 1, device);
      assert.match(said, /Permission denied/);
    }
  });
});

/** Calls with an error's number for an answer, by perl: no other program makes them. */
async function errno(world: World, spec: SandboxSpec, call: string): Promise<string> {
  return (await inside(world, spec, `perl -e 'print((${call}) ? "done" : $!+0)'`))[1];
}

test('no system call makes a namespace, and no socket is of another family', async () => {
  const world = createWorld();
  await running(world, 'own', {}, async (spec) => {
    const [EPERM, ENOSYS, EAFNOSUPPORT] = ['1', '38', '97'];
    const clone3 = (flags: string): string =>
      `do { my $a = pack("Q8", ${flags}, 0, 0, 0, 17, 0, 0, 0); syscall(435, $a, 64) != -1 }`;
    for (const flags of ['0', '0x10000000'])
      assert.equal(await errno(world, spec, clone3(flags)), ENOSYS, flags);
    assert.equal(await errno(world, spec, 'syscall(56, 0x10000011, 0, 0, 0, 0) != -1'), EPERM);
    for (const family of [0, 3, 9, 15, 18, 21, 31, 38, 40, 44, 45])
      for (const call of [`socket(S, ${family}, 1, 0)`, `socketpair(S, T, ${family}, 1, 0)`])
        assert.equal(await errno(world, spec, call), EAFNOSUPPORT, call);
    for (const call of [
      'socket(S, 1, 1, 0)',
      'socket(S, 2, 2, 0)',
      'socket(S, 10, 2, 0)',
      'socket(S, 16, 3, 0)',
      'socket(S, 17, 3, 0)',
      'socketpair(S, T, 1, 1, 0)',
    ])
      assert.equal(await errno(world, spec, call), 'done', call);
  });
});

/** Files of the host that not everyone may read, as its root finds them; in the file system that an overlay shows. */
function privateFiles(): readonly string[] {
  const skipped = ['/proc', '/sys', '/dev', '/run', '/work', '/usr/share', '/usr/lib'];
  const prune = skipped.flatMap((path) => ['-path', path, '-prune', '-o']);
  const wanted = ['-type', 'f', '-size', '+0', '!', '-perm', '-004', '-print0'];
  const { stdout, stderr } = spawnSync('find', ['/', '-xdev', ...prune, ...wanted], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const failures = stderr
    .split('\n')
    .filter((line) => !/^$|: No such file or directory$/.test(line));
  assert.deepEqual(failures, []);
  return stdout.split('\0').filter((path) => path !== '' && isPrivate(path));
}

/** Others come and go while the test runs. */
function isPrivate(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size > 0 && (found.mode & 0o004) === 0;
}

test('a container of the built-in image reads no file that only root may read', async () => {
  const world = createWorld();
  const name = `kleenet-test-${nextId()}`;
  const made = [
    `/etc/${name}/deep/secret`,
    `/opt/${name}/closed/secret`,
    `/srv/${name}/secret`,
    `/${name}/secret`,
    `/var/lib/${name}/secret`,
    `/var/${name}/secret`,
    `/usr/local/etc/${name}/secret`,
    `/usr/local/${name}/secret`,
    `/usr/local/lib/${name}/deep/secret`,
    `/${name}-file`,
  ];
  try {
    for (const path of made) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'secret\n', { mode: 0o600 });
    }
    writeFileSync(`/opt/${name}/closed/readable`, 'secret\n');
    chmodSync(`/opt/${name}/closed`, 0o700);
    const paths = [...privateFiles(), `/opt/${name}/closed/readable`];
    assert.ok(made.every((path) => paths.includes(path)));
    writeFileSync(join(world.directory, 'paths'), `${paths.join('\0')}\0`);
    const mounts = [{ source: world.directory, target: '/mnt/test', readOnly: true }];
    await running(world, 'none', { mounts }, async (spec) => {
      const list = 'find -files0-from /mnt/test/paths -maxdepth 0 -size +0 -print 2>/dev/null';
      const [, readable] = await inside(world, spec, `${list}; cat -- /etc/shadow`);
      assert.equal(readable, '');
      assert.equal((await inside(world, spec, 'node -p 6*7'))[1], '42');
    });
  } finally {
    for (const path of made) rmSync(path, { force: true });
    for (const path of [
      '/etc',
      '/opt',
      '/srv',
      '',
      '/var/lib',
      '/var',
      '/usr/local/etc',
      '/usr/local',
      '/usr/local/lib',
    ])
      rmSync(`${path}/${name}`, { recursive: true, force: true });
  }
});

test('a file system that a process of the host still uses is taken out of sight', async () => {
  const world = createWorld();
  const { sandboxes } = world.platform;
  const spec = container(world.platform, 'none');
  await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
  await sandboxes.create(spec, world.operation);
  const cwd = join(world.directory, 'containers', spec.container.id, 'rootfs');
  const user = spawn('sleep', ['600'], { cwd });
  try {
    await new Promise((resolve) => user.once('spawn', resolve));
    await sandboxes.destroy(spec, world.operation);
    await nothingLeft(world, spec);
    assert.equal(user.exitCode, null);
  } finally {
    user.kill('SIGKILL');
    await sandboxes.removeStorage(spec.container, world.operation);
  }
});

test.run();
