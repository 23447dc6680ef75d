import assert from 'node:assert/strict';
import { test } from 'uvu';
import { hasCode } from '@kleenet/core/errors';
import { parseView, programMounts } from '../src/linux/host-image.ts';
import { callerOf } from '../src/linux/host.ts';
import { layoutOf } from '../src/linux/layout.ts';
import { tarFailed } from '../src/container/image-source.ts';
import { commandFailed } from '../src/runner/failures.ts';
import { isNotMounted } from '../src/linux/root-fs.ts';
import {
  chooseRuntime,
  hasHybridCgroups,
  parseContainers,
  startFailure,
} from '../src/linux/runtime.ts';
import { isRuntime, noticesSignal } from '../src/linux/sandbox-stop.ts';
import { completeUser, findUser, userWithoutLookup } from '../src/container/user.ts';
import { resolveInRoot } from '../src/linux/users.ts';
import type { PathEntry } from '../src/linux/users.ts';
import { config } from './support/oci.ts';

test('the environment has defaults, which the user replaces', () => {
  assert.deepEqual(config('own', { env: ['HOME=/x', 'A=b=c'] }).process.env, [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOSTNAME=web',
    'HOME=/x',
    'A=b=c',
  ]);
  assert.ok(config('own', { terminal: true }).process.env.includes('TERM=xterm'));
});

test('the default command is the shell', () => {
  assert.deepEqual(config('own').process.args, ['/bin/sh']);
  assert.deepEqual(config('own', { command: ['a', 'b'] }).process.args, ['a', 'b']);
});

test('the built-in image covers what is not for containers, and lets users mount over that', () => {
  const view = parseView(
    [
      'd /usr',
      'd /etc',
      'd /root',
      'd /data',
      'd /var',
      'd /var/lib',
      'f /swapfile',
      'd /var/lib/kleenet',
      'd /etc/ssh',
      'f /etc/ssh/ssh_host_key',
      'f /etc/shadow',
      's /opt/app/socket',
      'd /run/state',
      '+ /var/lib/ca-certificates',
      'f /etc/shadow',
      '',
    ].join('\0'),
  );
  assert.deepEqual(
    view.hidden.map(({ path, directory }) => `${path}${directory ? '/' : ''}`),
    ['/data/', '/var/lib/', '/swapfile', '/etc/ssh/', '/etc/shadow', '/opt/app/socket'],
  );
  const hostImage = { hostMounts: ['/usr'], view };
  const mounts = [{ source: '/srv/logs', target: '/var/lib', readOnly: true }];
  const host = config('own', { mounts }, { hostImage });
  const at = (path: string): readonly (readonly [string, string])[] =>
    host.mounts
      .filter(({ destination }) => destination === path)
      .map(({ type, source }) => [type, source] as const);
  for (const path of ['/run', '/root', '/home', '/tmp', '/var/tmp', '/data', '/etc/ssh'])
    assert.deepEqual(at(path), [['tmpfs', 'tmpfs']], path);
  for (const path of ['/swapfile', '/etc/shadow', '/opt/app/socket'])
    assert.deepEqual(at(path), [['none', '/dev/null']], path);
  assert.deepEqual(at('/usr'), [['none', '/usr']]);
  assert.deepEqual(at('/var/lib/ca-certificates'), [['none', '/var/lib/ca-certificates']]);
  assert.deepEqual(at('/var/lib'), [
    ['tmpfs', 'tmpfs'],
    ['none', '/srv/logs'],
  ]);
  const imported = config('own', { imageId: 'aaaaaaaaaaaa' });
  assert.equal(
    imported.mounts.some(({ destination }) => destination === '/etc/shadow'),
    false,
  );
  assert.ok(imported.linux.maskedPaths.includes('/proc/kcore'));
});

test('host directories that are mounts of their own are found in order', () => {
  const table =
    '/dev/a / ext4 rw 0 0\n/dev/b /usr ext4 rw 0 0\n/dev/c /nix/store ext4 rw 0 0\n/dev/d /home ext4 rw 0 0\n';
  assert.deepEqual(programMounts(table), ['/usr', '/nix/store']);
});

test('users without a look', () => {
  assert.deepEqual(userWithoutLookup(''), { uid: 0, gid: 0, additionalGids: [], home: '/root' });
  assert.deepEqual(userWithoutLookup('33:44'), { uid: 33, gid: 44, additionalGids: [], home: '/' });
  assert.equal(userWithoutLookup('33')?.gid, 0);
  assert.equal(userWithoutLookup('web'), undefined);
  for (const bad of ['4294967295', '1:4294967295', '99999999999']) {
    assert.throws(
      () => userWithoutLookup(bad),
      (error: unknown) => hasCode(error, 'USER_NOT_FOUND'),
    );
  }
});

test('users by name, from whatever a container calls its passwd', () => {
  const passwd =
    'root:x:0:0::/root:/bin/sh\nweb:x:33:44::/srv/web:/bin/sh\nbad:x:-1:0::/:\nbig:x:99999999999:0::/:\nshort\n';
  const group = 'a:x:44:web\nb:x:55:other,web\nc:x:zz:web\n';
  assert.deepEqual(findUser('web', passwd, group), {
    uid: 33,
    gid: 44,
    additionalGids: [55],
    home: '/srv/web',
  });
  for (const name of ['nobody', 'bad', 'big', 'short'])
    assert.equal(findUser(name, passwd, group), undefined);
});

test('a number gets what the passwd of the container says of it', () => {
  const passwd = 'root:x:0:0::/root:\nweb:x:33:44::/srv/web:\n:x:7:7::/x:\nbad:x:8:-1::/:\n';
  const group = 'a:x:44:web\nb:x:55:web\nc:x:66:\nd:x:77:other\n';
  const complete = (user: string): unknown => {
    const numbers = userWithoutLookup(user);
    assert.ok(numbers);
    return completeUser(user, numbers, passwd, group);
  };
  assert.deepEqual(complete('33'), {
    uid: 33,
    gid: 44,
    additionalGids: [55],
    home: '/srv/web',
  });
  assert.deepEqual(complete('33:66'), {
    uid: 33,
    gid: 66,
    additionalGids: [],
    home: '/srv/web',
  });
  assert.deepEqual(complete('34'), { uid: 34, gid: 0, additionalGids: [], home: '/' });
  assert.deepEqual(complete('7'), { uid: 7, gid: 7, additionalGids: [], home: '/x' });
  assert.deepEqual(complete('8'), { uid: 8, gid: 0, additionalGids: [], home: '/' });
});

test('links never lead out of a root', async () => {
  const files: Readonly<Record<string, PathEntry>> = {
    '/r/etc': { kind: 'directory' },
    '/r/etc/passwd': { kind: 'link', target: '../../../../etc/real' },
    '/r/etc/real': { kind: 'file' },
    '/r/abs': { kind: 'link', target: '/etc/real' },
    '/r/loop': { kind: 'link', target: 'loop' },
    '/r/device': { kind: 'other' },
  };
  const resolve = (path: string): Promise<string | undefined> =>
    resolveInRoot('/r', path, async (name) => files[name]);
  assert.equal(await resolve('/etc/passwd'), '/r/etc/real');
  assert.equal(await resolve('/abs'), '/r/etc/real');
  assert.equal(await resolve('/etc/../../abs'), '/r/etc/real');
  for (const path of ['/loop', '/device', '/etc', '/nowhere', '/etc/real/x', '/'])
    assert.equal(await resolve(path), undefined, path);
});

test('a signal is noticed when it is caught or blocked', () => {
  const status = (caught: string, blocked: string): string =>
    `Name:\tx\nSigBlk:\t${blocked}\nSigIgn:\t0000000000004000\nSigCgt:\t${caught}\n`;
  assert.equal(noticesSignal(status('0000000000004002', '0000000000000000'), 'TERM'), true);
  assert.equal(noticesSignal(status('0000000000000002', '0000000000004000'), 'SIGTERM'), true);
  assert.equal(noticesSignal(status('0000000000000002', '0000000000000000'), 'TERM'), false);
  assert.equal(noticesSignal('', 'TERM'), false);
});

test('the runtime is told from the command that it becomes', () => {
  assert.equal(isRuntime('Name:\trunc:[2:INIT]\nUmask:\t0022\n'), true);
  assert.equal(isRuntime('Name:\tsleep\nUmask:\t0022\n'), false);
  assert.equal(isRuntime(''), false);
});

test('a runtime that works is chosen', () => {
  const both = { runc: '/usr/sbin/runc', crun: '/usr/bin/crun', hybridCgroups: true };
  assert.equal(chooseRuntime(both).name, 'runc');
  assert.equal(chooseRuntime({ ...both, runc: undefined, hybridCgroups: false }).name, 'crun');
  for (const facts of [
    { ...both, runc: undefined },
    { runc: undefined, crun: undefined, hybridCgroups: false },
  ]) {
    assert.throws(
      () => chooseRuntime(facts),
      (error: unknown) => hasCode(error, 'TOOL_MISSING') && error.hint !== undefined,
    );
  }
  assert.equal(hasHybridCgroups('a /a cgroup rw 0 0\nb /b cgroup2 rw 0 0\n'), true);
  assert.equal(hasHybridCgroups('b /b cgroup2 rw 0 0\n'), false);
  assert.deepEqual(
    [parseContainers(''), parseContainers('null\n'), parseContainers('[]')],
    [[], [], []],
  );
});

test("a runtime's messages become errors", () => {
  const logged = (text: string): string => `time="x" level=error msg=${JSON.stringify(text)}\n`;
  const code = (text: string): string | undefined => startFailure(text, ['cmd'])?.code;
  const start = 'runc run failed: unable to start container process: exec: ';
  assert.equal(
    code(logged(`${start}"cmd": executable file not found in $PATH`)),
    'COMMAND_NOT_FOUND',
  );
  assert.equal(
    code(logged(`${start}"/cmd": stat /cmd: no such file or directory`)),
    'COMMAND_NOT_FOUND',
  );
  assert.equal(code(logged(`${start}"/etc": permission denied`)), 'COMMAND_NOT_EXECUTABLE');
  assert.equal(code(logged('container does not exist')), 'CONTAINER_NOT_RUNNING');
  assert.equal(
    code(logged('exec failed: cannot exec in a stopped container')),
    'CONTAINER_NOT_RUNNING',
  );
  assert.match(
    startFailure(logged('rootfs: "x": no such file or directory'), ['cmd'])?.message ?? '',
    /: rootfs: "x": no such file/,
  );
  assert.equal(
    code(logged('error mounting "/nosuch" to rootfs: no such file or directory')),
    'PLATFORM_COMMAND_FAILED',
  );
  assert.equal(code(''), undefined);
});

test('only a missing mount is not a failure to unmount', () => {
  assert.equal(
    isNotMounted('umount: /a: not mounted.\numount: /b: no mount point specified.\n'),
    true,
  );
  assert.equal(isNotMounted('umount: /a: not mounted.\numount: /b: target is busy.\n'), false);
});

test('data directories that mount(8) would misread are refused', () => {
  for (const path of ['relative', '/a,b', '/a:b', '/a b'])
    assert.throws(
      () => layoutOf(path),
      (error: unknown) => hasCode(error, 'INVALID_ARGUMENT'),
    );
  assert.equal(layoutOf('/data').run('c', 'r').status, '/data/containers/c/run-r.status');
});

test('the caller is known by the effective ids', () => {
  assert.deepEqual(callerOf('Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t1000\t5\t5\t5\n'), {
    uid: '0',
    gid: '5',
  });
});

const TAR = [
  [
    "tar: Removing leading `/' from member names\ntar: x: time stamp 2030-01-01 is 1 s in the future\ngzip: stdin: unexpected end of file\ntar: Child returned status 1",
    'IMAGE_INVALID',
    /: gzip: stdin: unexpected end of file$/,
  ],
  ['tar: Exiting with failure status due to previous errors', 'IMAGE_INVALID', /previous errors$/],
  ['', 'IMAGE_INVALID', /it is not a tar archive$/],
  [
    'tar: r/big: Wrote only 1536 of 10240 bytes\ntar: r: Cannot mkdir',
    'DISK_FULL',
    /of \/images\/i /,
  ],
  ['tar: big: Write failed', 'DISK_FULL', /^no space is left/],
] as const;
for (const [stderr, code, message] of TAR) {
  test(`why an archive was not unpacked: ${message.source}`, () => {
    const failed = commandFailed({ argv: ['tar'], status: 2, stdout: '', stderr });
    const error = tarFailed('/a.tar', '/images/i', failed);
    assert.equal(error.code, code);
    assert.match(error.message, message);
  });
}

test.run();
