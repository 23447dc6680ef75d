/** What is done to the file systems of containers from outside, run for real on trees that are not to be trusted. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import type { IpAddress } from '@kleenet/core';
import { hostsText } from '../src/container/hosts.ts';
import { layoutOf } from '../src/freebsd/layout.ts';
import type { ContainerPaths } from '../src/freebsd/layout.ts';
import { writeHosts } from '../src/freebsd/name-resolution.ts';
import { installFiles, mountDevices, mountInside } from '../src/freebsd/root-fs.ts';
import { makeStorage } from '../src/freebsd/sandbox-storage.ts';
import { jailHost } from './support/jail-programs.ts';
import type { JailHost } from './support/jail-programs.ts';
import { refused } from '../../core/test/support/refusals.ts';
import { SHELLS } from './support/stand-ins.ts';

const { signal } = new AbortController();
const NAMES = { own: '127.0.0.1', host: '' };

interface World extends JailHost {
  readonly paths: ContainerPaths;
  readonly image: string;
  /** A directory of the host that no container may reach. */
  readonly outside: string;
  store(): Promise<void>;
  mounts(): string;
}

function world(shell: string): World {
  const host = jailHost(shell);
  const paths = layoutOf(join(host.directory, 'data')).container('000000000001');
  const image = join(host.directory, 'image');
  const outside = join(host.directory, 'outside');
  mkdirSync(join(image, 'etc'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(image, 'etc', 'motd'), 'hello\n');
  return {
    ...host,
    paths,
    image,
    outside,
    store: () =>
      makeStorage(host.commands, paths, { imageRoot: image, hosts: '10.0.0.1\ta\n', signal }),
    mounts: () => {
      const table = join(host.directory, 'mounts');
      return existsSync(table) ? readFileSync(table, 'utf8') : '';
    },
  };
}

function each(name: string, body: (world: World) => Promise<void>): void {
  for (const shell of SHELLS) {
    test(`${basename(shell)}: ${name}`, async () => {
      const made = world(shell);
      try {
        await body(made);
      } finally {
        made.dispose();
      }
    });
  }
}

each('a container gets a copy of its image, once', async (w) => {
  linkSync(join(w.image, 'etc', 'motd'), join(w.image, 'etc', 'issue'));
  symlinkSync('/etc/passwd', join(w.image, 'link'));
  mkdirSync(join(w.image, "it's odd\n"), { mode: 0o1777 });
  await w.store();
  const { rootfs, directory } = w.paths;
  assert.equal(readFileSync(join(rootfs, 'etc', 'motd'), 'utf8'), 'hello\n');
  assert.equal(statSync(join(rootfs, 'etc', 'motd')).nlink, 2);
  assert.equal(readlinkSync(join(rootfs, 'link')), '/etc/passwd');
  assert.ok(statSync(join(rootfs, "it's odd\n")).isDirectory());
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(readFileSync(w.paths.hosts, 'utf8'), '10.0.0.1\ta\n');
  writeFileSync(join(rootfs, 'etc', 'motd'), 'mine\n');
  writeFileSync(w.paths.log, 'logged\n');
  mkdirSync(join(directory, 'run-old'));
  writeFileSync(join(directory, 'run-old.status'), '1\n');
  await w.store();
  assert.equal(readFileSync(join(rootfs, 'etc', 'motd'), 'utf8'), 'mine\n');
  assert.equal(readFileSync(w.paths.log, 'utf8'), 'logged\n');
  assert.deepEqual(readdirSync(directory).toSorted(), [
    'copied',
    'empty',
    'hosts',
    'log',
    'rootfs',
  ]);
});

each('a copy that failed half-way is made anew', async (w) => {
  for (const end of ['-c', '-x']) {
    w.program('tar', `/bin/tar "$@"; [ "$1" != ${end} ] || { echo "tar: broken" >&2; exit 1; }`);
    const error = await refused(w.store(), 'PLATFORM_COMMAND_FAILED');
    assert.match(error.message, /tar: broken/);
    writeFileSync(join(w.paths.rootfs, 'half'), '');
  }
  w.program('tar', 'echo "tar: x: Write failed: No space left on device" >&2; exit 1');
  await refused(w.store(), 'DISK_FULL');
  w.program('tar', undefined);
  await w.store();
  assert.deepEqual(readdirSync(w.paths.rootfs), ['etc']);
});

each('a half-made copy with protected files goes away, too', async (w) => {
  mkdirSync(w.paths.rootfs, { recursive: true });
  const stubborn =
    '[ ! -e "$jails/../chflags" ] && { echo "rm: Operation not permitted" >&2; exit 1; }';
  w.program('rm', `case "$*" in *rootfs) ${stubborn} ;; esac\nexec /bin/rm "$@"`);
  await w.store();
  const cleared = readFileSync(join(w.directory, 'chflags'), 'utf8');
  assert.equal(cleared, `chflags -R 0 ${w.paths.rootfs}\n`);
  assert.deepEqual(readdirSync(w.paths.rootfs), ['etc']);
});

each('mount points are made, and mounts are where they should be', async (w) => {
  await w.store();
  const source = join(w.directory, 'source');
  mkdirSync(source);
  await mountDevices(w.commands, w.paths.rootfs, signal);
  const nullfs = { type: 'nullfs', source, options: ['ro'] } as const;
  await mountInside(w.commands, w.paths.rootfs, '//a//./b c/', nullfs, signal);
  assert.equal(
    w.mounts(),
    `devfs on ${w.paths.rootfs}/dev (devfs)\n${source} on ${w.paths.rootfs}/a/b c (nullfs)\n`,
  );
});

each('a state directory behind a link is the same directory', async (w) => {
  await w.store();
  const link = join(w.directory, 'link');
  symlinkSync(join(w.directory, 'data'), link);
  const { rootfs } = layoutOf(link).container('000000000001');
  await mountDevices(w.commands, rootfs, signal);
  assert.equal(w.mounts(), `devfs on ${w.paths.rootfs}/dev (devfs)\n`);
});

each('no link of a container leads a mount out of it', async (w) => {
  await w.store();
  const { rootfs } = w.paths;
  mkdirSync(join(w.outside, 'b'));
  for (const [name, target] of [
    ['dev', w.outside],
    ['up', '../../../../outside'],
    ['self', '.'],
    ['dangling', 'nothing'],
  ] as const)
    symlinkSync(target, join(rootfs, name));
  writeFileSync(join(rootfs, 'file'), '');
  const error = await refused(mountDevices(w.commands, rootfs, signal), 'PLATFORM_COMMAND_FAILED');
  assert.match(error.message, /^\/dev in the container is a symbolic link$/);
  const nullfs = { type: 'nullfs', source: w.outside } as const;
  for (const target of ['/up/b', '/up', '/self/x', '/dangling', '/dangling/x', '/file', '/file/x'])
    await refused(mountInside(w.commands, rootfs, target, nullfs, signal), 'INVALID_ARGUMENT');
  for (const target of ['//', '/.', '/./'])
    await refused(mountInside(w.commands, rootfs, target, nullfs, signal), 'INVALID_ARGUMENT');
  assert.equal(w.mounts(), '');
  assert.deepEqual(readdirSync(w.outside), ['b']);
  assert.equal(existsSync(join(rootfs, 'nothing')), false);
});

each('a directory that moves while it is mounted on is told', async (w) => {
  await w.store();
  w.program('mount', 'case $# in 0) ;; *) exit 0 ;; esac');
  const nullfs = { type: 'nullfs', source: w.outside } as const;
  const error = await refused(
    mountInside(w.commands, w.paths.rootfs, '/a', nullfs, signal),
    'INVALID_ARGUMENT',
  );
  assert.match(error.message, /^\/a of the container was moved/);
});

each('only directories of the host are mounted', async (w) => {
  await w.store();
  const file = join(w.outside, 'file');
  writeFileSync(file, '');
  for (const source of [file, '/no/such']) {
    const error = await refused(
      mountInside(w.commands, w.paths.rootfs, '/a', { type: 'nullfs', source }, signal),
      'INVALID_ARGUMENT',
    );
    assert.match(error.message, /is not a directory of the host/);
  }
  assert.equal(existsSync(join(w.paths.rootfs, 'a')), false);
});

each('devices that are not a jail\u2019s are not shown', async (w) => {
  await w.store();
  const devices = join(w.directory, 'devices');
  mkdirSync(devices);
  for (const name of ['null', 'zero', 'random', 'fd', 'ptmx'])
    writeFileSync(join(devices, name), '');
  await mountDevices(w.commands, w.paths.rootfs, signal);
  await w.commands.change(['umount', `${w.paths.rootfs}/dev`]);
  for (const name of ['mem', 'kmem', 'io', 'ada0', 'vtbd0', 'nda0p2', 'geom.ctl', 'pass0']) {
    writeFileSync(join(devices, name), '');
    const error = await refused(
      mountDevices(w.commands, w.paths.rootfs, signal),
      'PLATFORM_COMMAND_FAILED',
    );
    assert.match(error.message, new RegExp(`do not hide ${name} from jails`));
    assert.match(error.hint ?? '', /service devfs restart/);
    assert.doesNotMatch(w.mounts(), /devfs/);
    for (const path of [devices, join(w.paths.rootfs, 'dev')])
      await w.commands.change(['rm', '-f', join(path, name)]);
  }
});

each('files are put into a container as new files', async (w) => {
  await w.store();
  const { rootfs, hosts } = w.paths;
  const secret = join(w.outside, 'secret');
  writeFileSync(secret, 'secret\n');
  symlinkSync(secret, join(rootfs, 'etc', 'hosts'));
  await w.commands.change(['mkfifo', join(rootfs, 'etc', 'resolv.conf')]);
  await installFiles(w.commands, rootfs, hosts, signal);
  assert.equal(readFileSync(join(rootfs, 'etc', 'hosts'), 'utf8'), '10.0.0.1\ta\n');
  assert.ok(lstatSync(join(rootfs, 'etc', 'hosts')).isFile());
  assert.equal(statSync(join(rootfs, 'etc', 'hosts')).mode & 0o777, 0o644);
  if (existsSync('/etc/resolv.conf')) {
    assert.ok(lstatSync(join(rootfs, 'etc', 'resolv.conf')).isFile());
    assert.equal(
      readFileSync(join(rootfs, 'etc', 'resolv.conf'), 'utf8'),
      readFileSync('/etc/resolv.conf', 'utf8').replace(/^\s*nameserver\s*127\..*\n/gm, ''),
    );
  }
  assert.equal(readFileSync(secret, 'utf8'), 'secret\n');
});

/** Lets the scripts read another text in place of the host's resolv.conf. */
function resolvers(w: World, text: string): void {
  const path = join(w.directory, 'resolv.conf');
  writeFileSync(path, text);
  for (const name of ['cat', 'sed'])
    w.program(
      name,
      `
for word; do
  shift
  [ "$word" != /etc/resolv.conf ] || word=${path}
  set -- "$@" "$word"
done
exec /bin/${name} "$@"
`,
    );
}

each('a server of names at a loopback address of the host is left out', async (w) => {
  if (!existsSync('/etc/resolv.conf')) return;
  await w.store();
  const { rootfs, hosts } = w.paths;
  const given = async (text: string, own?: string): Promise<readonly [string, boolean]> => {
    resolvers(w, text);
    const { resolves } = await installFiles(w.commands, rootfs, own, signal);
    return [readFileSync(join(rootfs, 'etc', 'resolv.conf'), 'utf8'), resolves];
  };
  const loopback = `nameserver 127.0.0.1\nnameserver\t127.1 # here\nnameserver ::1\nnameserver ::1 # here\nnameserver 0:0:0:0:0:0:0:1\nnameserver ::ffff:127.0.0.1\n`;
  const other = `# nameserver 127.0.0.1\nsearch a 127.b\nnameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver ::ffff:192.0.2.1\nnameserver ::11\n`;
  assert.deepEqual(await given(other, hosts), [other, true]);
  assert.deepEqual(await given(`${loopback}${other}${loopback}`, hosts), [other, true]);
  assert.deepEqual(await given(`${loopback}search a\n`, hosts), ['search a\n', false]);
  assert.deepEqual(await given('search a\n', hosts), ['search a\n', true]);
  assert.deepEqual(await given(loopback, undefined), [loopback, true]);
});

each(
  'a container without /etc gets one, and one whose /etc is not its own gets nothing',
  async (w) => {
    await w.store();
    const { rootfs, hosts } = w.paths;
    await w.commands.change(['rm', '-r', join(rootfs, 'etc')]);
    await installFiles(w.commands, rootfs, undefined, signal);
    assert.equal(existsSync(join(rootfs, 'etc', 'hosts')), false);
    mkdirSync(join(rootfs, 'etc', 'hosts'));
    const directory = await refused(
      installFiles(w.commands, rootfs, hosts, signal),
      'PLATFORM_COMMAND_FAILED',
    );
    assert.match(directory.message, /^\/etc\/hosts in the container is a directory$/);
    await w.commands.change(['rm', '-r', join(rootfs, 'etc')]);
    symlinkSync(w.outside, join(rootfs, 'etc'));
    await refused(installFiles(w.commands, rootfs, hosts, signal), 'PLATFORM_COMMAND_FAILED');
    assert.deepEqual(readdirSync(w.outside), []);
  },
);

each(
  'what programs of a container have added to its hosts file stays at the next start',
  async (w) => {
    await w.store();
    const { rootfs, hosts } = w.paths;
    const file = join(rootfs, 'etc', 'hosts');
    const text = (address: string): string =>
      hostsText({ name: 'a' }, [{ address: address as IpAddress, names: ['b'] }], NAMES);
    writeFileSync(file, "192.0.2.9\tthe image's\n");
    for (const address of ['10.0.0.1', '10.0.0.2']) {
      writeFileSync(hosts, text(address));
      await installFiles(w.commands, rootfs, hosts, signal);
      assert.ok(readFileSync(file, 'utf8').startsWith(text(address)));
      appendFileSync(file, `192.0.2.1\tmine at ${address}\n`);
    }
    assert.equal(
      readFileSync(file, 'utf8'),
      `${text('10.0.0.2')}192.0.2.1\tmine at 10.0.0.1\n192.0.2.1\tmine at 10.0.0.2\n`,
    );
    assert.equal(readFileSync(hosts, 'utf8'), text('10.0.0.2'));
  },
);

each('in a running container only the part of klee is replaced', async (w) => {
  const file = join(w.directory, 'hosts-of-jail');
  w.createJail('klee-one');
  // The stand-in for jexec has no other root: the path is put in place of that in the script.
  w.program(
    'jexec',
    `shift; t=$(printf %s "$3" | sed 's!/etc/hosts!${file}!g'); exec sh -c "$t" "$4" "$5"`,
  );
  const text = (name: string): string => hostsText({ name }, [], NAMES);
  const write = (name: string): Promise<void> =>
    writeHosts(w.commands, [{ path: '/no/such', text: text(name), jail: 'klee-one' }], signal);
  await write('a');
  assert.equal(readFileSync(file, 'utf8'), text('a'));
  appendFileSync(file, '192.0.2.1\tmine');
  await write('b');
  assert.equal(readFileSync(file, 'utf8'), `${text('b')}192.0.2.1\tmine\n`);
});

each('hosts files are kept, and running containers told from inside', async (w) => {
  const kept = (name: string): string => join(w.directory, name);
  for (const name of ['one', 'two']) writeFileSync(kept(name), 'old\n');
  w.createJail('klee-two');
  // The stand-in for jexec has no other root: the container writes where its shell is led.
  const seen = join(w.directory, 'seen');
  w.program(
    'jexec',
    `case $1 in klee-two) { printf '%s|' "$1"; cat; } >'${seen}' ;; *) exit 1 ;; esac`,
  );
  const text = "10.0.0.1\tit's %s $HOME\n";
  await writeHosts(
    w.commands,
    [
      { path: kept('one'), text, jail: 'klee-one' },
      { path: kept('two'), text, jail: 'klee-two' },
      { path: kept('gone'), text, jail: 'klee-gone' },
    ],
    signal,
  );
  assert.deepEqual(
    [readFileSync(kept('one'), 'utf8'), readFileSync(kept('two'), 'utf8')],
    [text, text],
  );
  assert.equal(existsSync(kept('gone')), false);
  assert.equal(readFileSync(seen, 'utf8'), `klee-two|${text}`);
});

each('a text of more names than a command line takes reaches the container', async (w) => {
  w.createJail('klee-one');
  const kept = join(w.directory, 'one');
  writeFileSync(kept, 'old\n');
  const seen = join(w.directory, 'seen');
  w.program('jexec', `cat >'${seen}'`);
  const text = Array.from({ length: 40_000 }, (_, i) => `10.0.0.1\tcontainer${i}\n`).join('');
  await writeHosts(w.commands, [{ path: kept, text, jail: 'klee-one' }], signal);
  assert.ok(readFileSync(kept, 'utf8') === text && readFileSync(seen, 'utf8') === text);
});

each('a container that makes the writer wait holds up nobody else', async (w) => {
  const told = join(w.directory, 'told');
  w.createJail('slow');
  w.program('jexec', `case $1 in slow) exec sleep 60 ;; esac; : >'${told}'`);
  const before = Date.now();
  const error = await refused(
    writeHosts(
      w.commands,
      [
        { path: '/no/such', text: 'x', jail: 'slow' },
        { path: '/no/such', text: 'x', jail: 'fast' },
      ],
      signal,
    ),
    'PLATFORM_COMMAND_FAILED',
  );
  assert.match(error.message, /^cannot write \/etc\/hosts in jail slow$/);
  assert.ok(existsSync(told));
  const took = Date.now() - before;
  assert.ok(took >= 4500 && took < 15_000, `${took} ms`);
});

test.run();
