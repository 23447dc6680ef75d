/** Which commands containers come to on a FreeBSD host, for each kind of stack and image. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type {
  CommandRunner,
  Container,
  ExecRequest,
  Launch,
  SandboxPlatform,
  SandboxSpec,
  Stack,
} from '@kleenet/core';
import { buildContainer, buildRun } from '@kleenet/core/testing';
import type { ContainerParts } from '@kleenet/core/testing';
import { createDryRunner } from '@kleenet/platform/runner';
import { hostsText } from '../src/container/hosts.ts';
import { layoutOf } from '../src/freebsd/layout.ts';
import { createSandboxPlatform } from '../src/freebsd/sandboxes.ts';
import { given, short, told } from './support/told.ts';
import type { Answers } from './support/told.ts';
import { refused } from '../../core/test/support/refusals.ts';
import { CLAIMLESS } from '../../core/test/support/operations.ts';
const REAP = ['node', 'klee', 'container', '__reap', 'c', 'r'] as const;
const DETACHED: Launch = { mode: 'detached', reap: REAP };
const FOREGROUND: Launch = { mode: 'foreground', stdin: true, reap: REAP };
const RELEASE: Answers = [['kern.osrelease', { stdout: '13.2-RELEASE\n' }]];

function spec(parts: ContainerParts = {}): SandboxSpec {
  const container = buildContainer({ image: 'base', imageId: 'aaaaaaaaaaaa', ...parts });
  return { container, run: buildRun(container) };
}

const { container: C, run: R } = spec();
const DIR = `/data/containers/${C.id}`;
const RUN = `${DIR}/run-${R.id}`;
const JAIL = `klee-${C.id}`;
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const ENV = `${PATH} HOME=/root HOSTNAME=container1`;
const RUN_WORDS = `${RUN} ${RUN}.status ${JAIL}`;

interface Options {
  readonly commandPrefix?: readonly string[];
  readonly caller?: string;
  readonly warnings?: string[];
}

function platform(commands: CommandRunner, options: Options = {}): SandboxPlatform {
  const { commandPrefix = [], caller, warnings = [] } = options;
  return createSandboxPlatform({
    commands,
    logger: { debug: () => {}, warn: (message) => void warnings.push(message) },
    layout: layoutOf('/data'),
    logLimit: 16 * 1024 * 1024,
    commandPrefix,
    ...(caller === undefined ? {} : { caller }),
  });
}

async function lines(
  answers: Answers,
  work: (sandboxes: SandboxPlatform) => Promise<unknown>,
  options: Options = {},
): Promise<readonly string[]> {
  const commands = told(answers);
  await work(platform(commands, options));
  return commands.lines;
}

const BEFORE_JAIL = [
  `change mkdir -p ${RUN}`,
  `change [klee-mount-devfs] '' ${DIR}/rootfs dev mount -t devfs -o ruleset=4 devfs ${DIR}/rootfs/dev`,
  `change [klee-install] ${DIR}/rootfs ${DIR}/hosts`,
];
const jailLine = (...parameters: readonly string[]): string =>
  `change jail -c name=${JAIL} path=${DIR}/rootfs host.hostname=container1 devfs_ruleset=4 persist${parameters
    .map((word) => ` ${word}`)
    .join('')}`;

const STACKS: readonly (readonly [Stack, readonly string[]])[] = [
  ['restricted', [...BEFORE_JAIL, jailLine()]],
  [
    'own',
    [
      ...BEFORE_JAIL,
      jailLine('vnet'),
      'read sysctl -n kern.osrelease',
      `change jexec ${JAIL} ifconfig lo0 inet 127.0.0.1/8 up`,
    ],
  ],
  ['none', [...BEFORE_JAIL, jailLine('ip4=disable', 'ip6=disable')]],
  [
    'host',
    [
      ...BEFORE_JAIL.slice(0, 2),
      `change [klee-install] ${DIR}/rootfs ''`,
      jailLine('ip4=inherit', 'ip6=inherit'),
    ],
  ],
];

for (const [stack, expected] of STACKS) {
  test(`a jail with the stack ${stack}`, async () => {
    const found = await lines(RELEASE, (sandboxes) => sandboxes.create(spec({ stack }), CLAIMLESS));
    assert.deepEqual(found, expected);
  });
}

test('a jail of a later release needs no ifconfig of its own', async () => {
  const found = await lines([['kern.osrelease', { stdout: '14.1-RELEASE\n' }]], (sandboxes) =>
    sandboxes.create(spec({ stack: 'own' }), CLAIMLESS),
  );
  assert.equal(found.at(-1), `change ifconfig -j ${JAIL} lo0 inet 127.0.0.1/8 up`);
});

test('a container that has no ifconfig goes without a loopback interface', async () => {
  const warnings: string[] = [];
  const missing = { status: 1, stderr: 'jexec: execvp: ifconfig: No such file or directory\n' };
  await lines(
    [...RELEASE, ['lo0', missing]],
    (sandboxes) => sandboxes.create(spec({ stack: 'own' }), CLAIMLESS),
    { warnings },
  );
  assert.deepEqual(warnings, [
    "container 'container1' has no ifconfig: its loopback interface stays down",
  ]);
  const broken = { status: 1, stderr: 'ifconfig: interface lo0 does not exist\n' };
  await refused(
    platform(told([...RELEASE, ['lo0', broken]])).create(spec({ stack: 'own' }), CLAIMLESS),
    'INTERFACE_NOT_FOUND',
  );
});

test('mounts and jail parameters of the user come last', async () => {
  const mounts = [
    { source: '/srv/data', target: '/data//x/', readOnly: false },
    { source: '/srv/a b', target: '/data/x/y', readOnly: true },
  ];
  const jailParameters = ['allow.raw_sockets', 'host.hostname=other'];
  const wanted = spec({ mounts, jailParameters });
  const found = await lines([], (sandboxes) => sandboxes.create(wanted, CLAIMLESS));
  assert.deepEqual(found.slice(BEFORE_JAIL.length), [
    `change [klee-mount] /srv/data ${DIR}/rootfs data/x mount -t nullfs /srv/data ${DIR}/rootfs/data/x`,
    `change [klee-mount] /srv/a b ${DIR}/rootfs data/x/y mount -t nullfs -o ro /srv/a b ${DIR}/rootfs/data/x/y`,
    `change jail -c name=${JAIL} path=${DIR}/rootfs devfs_ruleset=4 persist allow.raw_sockets host.hostname=other`,
  ]);
  assert.deepEqual(
    platform(told())
      .plan(wanted)
      .map(({ kind, name }) => `${kind} ${name}`),
    [
      `directory ${RUN}`,
      `mount ${DIR}/rootfs/dev`,
      `mount ${DIR}/rootfs/data/x`,
      `mount ${DIR}/rootfs/data/x/y`,
      `jail ${JAIL}`,
    ],
  );
});

test('a container of the built-in image', async () => {
  const directories = 'bin\nsbin\nlib\nlibexec\nusr\nusr/home\nusr/local/etc\n';
  const mounts =
    'zroot/ROOT/default on / (zfs, local)\nzroot/usr/local on /usr/local (zfs, local)\nzroot/usr/home on /usr/home (zfs)\n';
  const found = await lines(
    [
      ['[klee-look]', { stdout: directories }],
      ['mount', { stdout: mounts }],
    ],
    (sandboxes) => sandboxes.create(spec({ image: 'host', imageId: 'host' }), CLAIMLESS),
  );
  const [, look = '', table, make = '', ...rest] = found;
  assert.match(
    look,
    /^read \[klee-look\] bin sbin lib libexec rescue usr usr\/home .*usr\/local\/etc/,
  );
  assert.equal(table, 'read mount');
  assert.match(
    make,
    new RegExp(`^change \\[klee-host-root\\] ${DIR}/rootfs bin sbin lib .* group .* passwd `),
  );
  assert.doesNotMatch(make, /master|spwd|ssh/);
  const shown = ['bin', 'sbin', 'lib', 'libexec', 'usr', 'usr/local'];
  const views = [
    ...shown.map((name) => `/${name} ${DIR}/rootfs/${name}`),
    ...['usr/home', 'usr/local/etc'].map((name) => `${DIR}/empty ${DIR}/rootfs/${name}`),
  ];
  assert.ok(make.endsWith(` ${views.join(' ')}`), make);
  assert.deepEqual(rest, [...BEFORE_JAIL.slice(1), jailLine()]);
});

test('the built-in image cannot show a directory that holds the state', async () => {
  const commands = told([['[klee-look]', { stdout: 'usr\n' }]]);
  const sandboxes = createSandboxPlatform({
    commands,
    logger: { debug: () => {}, warn: () => {} },
    layout: layoutOf('/usr/kleenet'),
    logLimit: 16 * 1024 * 1024,
    commandPrefix: [],
  });
  const error = await refused(
    sandboxes.create(spec({ imageId: 'host' }), CLAIMLESS),
    'FEATURE_UNSUPPORTED',
  );
  assert.match(error.message, /shows \/usr, and the state directory \/usr\/kleenet lies in it/);
  assert.equal(given(commands, 'change [klee-host-root]'), false);
});

test('a detached start', async () => {
  const found = await lines([], (sandboxes) => sandboxes.start(spec(), DETACHED, CLAIMLESS));
  assert.deepEqual(found, [
    `read [klee-enter] '' 6 ${JAIL} [klee-find] sleep ${ENV}`,
    `change [klee-launch] ${RUN_WORDS} [klee-supervise] detached ${RUN_WORDS} ${DIR}/log 8388608 64 '' 6 ${REAP.join(' ')} [klee-enter] ${RUN}/pid 3 ${JAIL} sleep 600 ${ENV}`,
  ]);
});

test('a start behind a prefix is reaped as the caller, or by the next command', async () => {
  const launched = async (options: Options): Promise<string | undefined> =>
    (await lines([], (sandboxes) => sandboxes.start(spec(), DETACHED, CLAIMLESS), options)).at(-1);
  assert.match(
    (await launched({ commandPrefix: ['doas'], caller: 'alice' })) ?? '',
    /log 8388608 64 '' 10 daemon -f -u alice node klee container __reap c r \[klee-enter\]/,
  );
  assert.match(
    (await launched({ commandPrefix: ['carry'] })) ?? '',
    /log 8388608 64 '' 0 \[klee-enter\]/,
  );
});

test('a foreground start, with a terminal', async () => {
  const commands = told([], 3);
  const started = await platform(commands).start(spec({ terminal: true }), FOREGROUND, CLAIMLESS);
  assert.deepEqual(commands.lines.slice(1), [
    `foreground with stdin [klee-supervise] foreground ${RUN_WORDS} ${DIR}/log 8388608 64 terminal 6 ${REAP.join(' ')} [klee-enter] ${RUN}/pid 3 ${JAIL} sleep 600 ${ENV} TERM=xterm`,
    `read [klee-await] ${RUN_WORDS}`,
  ]);
  assert.equal(await started.exited, 3);
  started.signal?.('SIGINT');
  assert.equal(commands.lines.at(-1), `change pkill -INT -j ${JAIL}`);
});

test('a foreground start that cannot begin is an error, unless the command ended like that itself', async () => {
  const waited: Answers = [['[klee-await]', { status: 1 }]];
  const unbegun = told([...waited, ['[klee-status]', { status: 1 }]], 125);
  const error = await refused(
    platform(unbegun).start(spec(), FOREGROUND, CLAIMLESS),
    'PLATFORM_COMMAND_FAILED',
  );
  assert.match(error.message, /supervisor of the command has ended early/);
  const itself = told([...waited, ['[klee-status]', { stdout: '125\n' }]], 125);
  const { exited } = await platform(itself).start(spec(), FOREGROUND, CLAIMLESS);
  assert.equal(await exited, 125);
});

const PASSWD =
  'root:*:0:0::/root:/bin/sh\n-x:*:70:70::/:\nwww:*:80:80::/srv:/bin/sh\nweb:*:81:80::/srv:\n';

test('users by name, and by number as far as the container knows them', async () => {
  const entered = async (user: string, env: readonly string[] = []): Promise<string> => {
    const answers: Answers = [['cat /etc/passwd', { stdout: PASSWD }]];
    const found = await lines(answers, (sandboxes) =>
      sandboxes.start(spec({ user, env }), DETACHED, CLAIMLESS),
    );
    return /\/pid (\d+ .*) sleep 600 /.exec(found.at(-1) ?? '')?.[1] ?? '';
  };
  for (const root of ['', 'root', '0', '0:0']) assert.equal(await entered(root), `3 ${JAIL}`);
  assert.equal(await entered('www'), `5 -U www ${JAIL}`);
  assert.equal(await entered('80'), `5 -U www ${JAIL}`);
  assert.equal(await entered('81:80'), `5 -U web ${JAIL}`);
  const chroot = (uid: number, gid: number): string =>
    `11 ${JAIL} chroot -u ${uid} -g ${gid} -G ${gid} /`;
  assert.equal(await entered('81:81'), chroot(81, 81));
  assert.equal(await entered('70:70'), chroot(70, 70));
  assert.equal(await entered('99'), chroot(99, 0));
  assert.equal(await entered('www', ['A=b']), `5 -U www ${JAIL}`);
  assert.equal(await entered('www', ['A=b', 'PATH=/x']), `7 -U www ${JAIL} env PATH=/x`);
  await refused(
    platform(told()).start(spec({ user: '4294967295' }), DETACHED, CLAIMLESS),
    'USER_NOT_FOUND',
  );
});

test('what is wrong with a command is told before it is started', async () => {
  const start = (answer: { status: number; stderr?: string }, user = ''): Promise<unknown> =>
    platform(told([['[klee-find]', answer]])).start(spec({ user }), DETACHED, CLAIMLESS);
  assert.match((await refused(start({ status: 127 }), 'COMMAND_NOT_FOUND')).message, /'sleep'/);
  await refused(start({ status: 126 }), 'COMMAND_NOT_EXECUTABLE');
  const user = { status: 1, stderr: 'jexec: nobody-such: no such user\n' };
  assert.match((await refused(start(user, 'web'), 'USER_NOT_FOUND')).message, /'web'/);
  const chroot = { status: 1, stderr: 'jexec: execvp: chroot: No such file or directory\n' };
  assert.match((await refused(start(chroot, '99'), 'USER_NOT_FOUND')).message, /no chroot/);
});

test('a container that cannot be asked is started, and jexec is believed afterwards', async () => {
  const noShell = { status: 1, stderr: 'jexec: execvp: /bin/sh: No such file or directory\n' };
  const start = (log: string): Promise<unknown> =>
    platform(
      told([
        ['[klee-find]', noShell],
        ['tail', { stdout: log }],
      ]),
    ).start(spec(), DETACHED, CLAIMLESS);
  await start('sleep: whatever\n');
  await refused(start('jexec: execvp: sleep: No such file or directory\n'), 'COMMAND_NOT_FOUND');
  await refused(start('jexec: execvp: sleep: Permission denied\n'), 'COMMAND_NOT_EXECUTABLE');
});

test('a start that the script refuses is told in its words', async () => {
  const answer = { status: 1, stderr: 'klee: the command does not begin\n' };
  const error = await refused(
    platform(told([['[klee-launch]', answer]])).start(spec(), DETACHED, CLAIMLESS),
    'PLATFORM_COMMAND_FAILED',
  );
  assert.equal(error.message, 'the command does not begin');
  assert.ok(error.hint);
});

const EXEC: ExecRequest = {
  command: ['ls', '-l'],
  env: ['A=b c'],
  user: '',
  terminal: false,
  stdin: false,
  detached: false,
};

test('further commands', async () => {
  const commands = told([['cat', { stdout: PASSWD }]], 4);
  const sandboxes = platform(commands);
  const started = await sandboxes.exec(spec({ env: ['B=c'] }), EXEC);
  assert.equal(await started.exited, 4);
  started.signal?.('SIGTERM');
  const [found, run = '', signal = ''] = commands.lines;
  assert.equal(found, `read [klee-enter] '' 6 ${JAIL} [klee-find] ls ${ENV} B=c A=b c`);
  const pid = /exec-[0-9a-f]{16}/.exec(run)?.[0];
  assert.equal(
    run,
    `foreground [klee-exec] ${RUN}/${pid} '' [klee-enter] ${RUN}/${pid} 3 ${JAIL} ls -l ${ENV} B=c A=b c`,
  );
  assert.equal(signal, `change [klee-signal] ${RUN}/${pid} TERM`);
  const terminal = { ...EXEC, user: '80', terminal: true, stdin: true };
  await sandboxes.exec(spec({ user: 'web' }), terminal);
  assert.match(
    commands.lines.at(-1) ?? '',
    /^foreground with stdin \[klee-exec\] \S+ terminal \[klee-enter\] \S+ 5 -U www klee-\w+ ls -l .*HOME=\/ HOSTNAME=container1 TERM=xterm A=b c$/,
  );
  await sandboxes.exec(spec({ user: 'web' }), { ...EXEC, detached: true, terminal: true });
  assert.equal(
    commands.lines.at(-1),
    `change daemon -f [klee-enter] '' 5 -U web ${JAIL} ls -l ${PATH} HOME=/ HOSTNAME=container1 A=b c`,
  );
});

test('further commands that cannot be run', async () => {
  const exec = (answers: Answers): Promise<unknown> => platform(told(answers)).exec(spec(), EXEC);
  await refused(exec([['[klee-find]', { status: 127 }]]), 'COMMAND_NOT_FOUND');
  const gone = { status: 1, stderr: `jexec: jail "${JAIL}" not found\n` };
  const absent = { status: 1, stderr: `jls: jail "${JAIL}" not found\n`, stdout: '{}' };
  await refused(
    exec([
      ['[klee-find]', gone],
      ['jls', absent],
    ]),
    'CONTAINER_NOT_RUNNING',
  );
});

test('stopping: the signal, or KILL at once', async () => {
  const stop = (signal: string, grace: number): Promise<readonly string[]> =>
    lines([], (sandboxes) => sandboxes.stop(spec(), signal, grace));
  assert.deepEqual(await stop('TERM', 10_000), [`change [klee-end] ${RUN_WORDS} TERM 10`]);
  assert.deepEqual(await stop('SIGINT', 500), [`change [klee-end] ${RUN_WORDS} INT 0.5`]);
  for (const [signal, grace] of [
    ['KILL', 0],
    ['KILL', 5000],
    ['TERM', 0],
  ] as const)
    assert.match((await stop(signal, grace))[0] ?? '', new RegExp(`${JAIL} '' `));
  await refused(platform(told()).stop(spec(), 'NONSENSE', 1), 'INVALID_ARGUMENT');
  const commands = told();
  await platform(commands).stop(spec(), 'TERM', 3_600_000);
  assert.ok((commands.options[0]?.timeout ?? 0) > 3_600_000);
});

const table = (...mounts: readonly string[]): string =>
  [`/real${DIR}`, '/dev/ada0p2 on / (ufs, local, fsid aaaaaaaaaaaaaaaa)', ...mounts, ''].join('\n');

test('a sandbox goes with its mounts, the last one first', async () => {
  const mounted = table(
    `devfs on /real${DIR}/rootfs/dev (devfs, fsid 0000000000000001)`,
    `/srv/a on /srv on b on /real${DIR}/rootfs/a (nullfs, local, fsid 0000000000000002, vnodes: count 3)`,
    `/srv/other on /real${DIR}2/rootfs/a (nullfs, local, fsid 0000000000000003)`,
  );
  const found = await lines([['[klee-mounts]', { stdout: mounted }]], (sandboxes) =>
    sandboxes.destroy(spec(), CLAIMLESS),
  );
  assert.deepEqual(found, [
    `change [klee-end] ${RUN_WORDS} '' 0`,
    `change jail -R ${JAIL}`,
    `read [klee-mounts] ${DIR}`,
    `change umount /real${DIR}/rootfs/a /real${DIR}/rootfs/dev`,
    `change rm -rfx ${RUN}`,
  ]);
});

test('a sandbox that was never made, or is gone, goes, too', async () => {
  const gone = { status: 1, stderr: `jail: "${JAIL}" not found\n` };
  const found = await lines([['jail -R', gone]], (sandboxes) =>
    sandboxes.destroy(spec({ imageId: 'host' }), CLAIMLESS),
  );
  // Nothing is unmounted, and nothing else is removed.
  assert.deepEqual(found.slice(2), [
    `read [klee-mounts] ${DIR}`,
    `change rm -rfx ${RUN} ${DIR}/rootfs`,
  ]);
});

test('what is busy is unmounted by force, and what stays mounted keeps the files', async () => {
  const mounted = table(`devfs on /real${DIR}/rootfs/dev (devfs, fsid 0000000000000001)`);
  const busy = { status: 1, stderr: 'umount: unmount of x failed: Device busy\n' };
  const commands = told([
    ['[klee-mounts]', { stdout: mounted }],
    ['umount', busy],
  ]);
  const error = await refused(
    platform(commands).destroy(spec({ imageId: 'host' }), CLAIMLESS),
    'PLATFORM_COMMAND_FAILED',
  );
  assert.match(error.message, /cannot unmount .*rootfs\/dev/);
  assert.deepEqual(
    commands.lines.filter((line) => /umount|rm /.test(line)),
    [`change umount /real${DIR}/rootfs/dev`, `change umount -f /real${DIR}/rootfs/dev`],
  );
});

test('a container that can mount has no say in what is unmounted', async () => {
  const own = `tmpfs on /real${DIR}/rootfs/x (tmpfs, fsid 0000000000000002)`;
  const forged = [
    `tmpfs on /real${DIR}/rootfs/y (tmpfs)`,
    // The rest of a name with a line feed: the host's root, by its id, and a path that may be a link by now.
    `tmpfs on /real${DIR}/rootfs/link (tmpfs, fsid aaaaaaaaaaaaaaaa)`,
  ];
  const found = await lines([['[klee-mounts]', { stdout: table(own, ...forged) }]], (sandboxes) =>
    sandboxes.destroy(spec({ jailParameters: ['allow.mount', 'allow.mount.tmpfs'] }), CLAIMLESS),
  );
  assert.deepEqual(
    found.filter((line) => line.includes('umount')),
    ['change umount 0000000000000002'],
  );
});

test('files that flags protect go, too', async () => {
  const denied = { status: 1, stderr: 'rm: /x/rootfs/lib/libc.so.7: Operation not permitted\n' };
  const commands = told([['rm -rfx', denied]]);
  await refused(platform(commands).removeStorage(C, CLAIMLESS), 'PERMISSION_DENIED');
  assert.deepEqual(commands.lines, [
    `change rm -rfx ${DIR}`,
    `change chflags -R 0 ${DIR}`,
    `change rm -rfx ${DIR}`,
  ]);
});

const jails = (...names: readonly (readonly [string, number])[]): string =>
  JSON.stringify({
    'jail-information': {
      jail: names.map(([name, jid]) => ({ name, jid: String(jid), path: '/' })),
    },
  });

test('a run is what its jail and its processes are', async () => {
  const other = spec({ name: 'other' });
  const third = spec({ name: 'third' });
  const commands = told([
    ['jls', { stdout: jails([JAIL, 1], [`klee-${other.container.id}`, 2], ['klee-x', 3]) }],
    ['ps', { stdout: ' JID STAT\n   0 Ss\n   1 S+J\n   2 ZJ\n   3 R\n  12 S\n' }],
  ]);
  const states = await platform(commands).states([third, other, spec()]);
  assert.deepEqual(states, ['absent', 'stopped', 'running']);
  // All at once, with which runs are over.
  assert.equal(commands.lines.length, 3);
  const quiet = told([['jls', { stdout: jails() }]]);
  assert.deepEqual(await platform(quiet).states([spec()]), ['absent']);
  assert.equal(quiet.lines.length, 3);
  assert.deepEqual(await platform(told()).states([]), []);
});

test('a run that its supervisor calls over is not running, whoever is in its jail', async () => {
  const other = spec({ name: 'other' });
  const commands = told([
    ['jls', { stdout: jails([JAIL, 1], [`klee-${other.container.id}`, 2]) }],
    ['ps', { stdout: ' JID STAT\n   1 S+J\n   2 S+J\n' }],
    ['[klee-over]', { stdout: `${RUN.slice('/data/containers/'.length)}\n` }],
  ]);
  assert.deepEqual(await platform(commands).states([spec(), other]), ['stopped', 'running']);
  assert.equal(commands.lines.at(-1), 'read [klee-over] /data/containers');
});

test('an exit status is a number, or unknown', async () => {
  for (const [answer, expected] of [
    [{ stdout: '143\n' }, 143],
    [{ status: 1 }, undefined],
    [{ stdout: '' }, undefined],
    [{ stdout: 'x\n' }, undefined],
  ] as const)
    assert.equal(await platform(told([['[klee-status]', answer]])).exitStatus(spec()), expected);
});

test('what is missing of a running container is told', async () => {
  const mounts = [{ source: '/srv', target: '/a/./b/', readOnly: true }];
  const observe = (answers: Answers): Promise<readonly string[]> =>
    platform(told(answers)).observe(spec({ mounts }));
  const running: Answers = [
    ['jls', { stdout: jails([JAIL, 1]) }],
    ['ps', { stdout: '1 S\n' }],
  ];
  const dev = `devfs on /real${DIR}/rootfs/dev (devfs)`;
  const all = table(dev, `/srv on /real${DIR}/rootfs/a/b (nullfs)`);
  assert.deepEqual(await observe([...running, ['[klee-mounts]', { stdout: all }]]), []);
  assert.deepEqual(await observe([...running, ['[klee-mounts]', { stdout: table(dev) }]]), [
    'nothing is mounted at its /a/b',
  ]);
  assert.deepEqual(
    await observe([
      ['jls', { stdout: jails() }],
      ['[klee-mounts]', { stdout: all }],
    ]),
    [`jail ${JAIL} is missing`, 'its command is not running'],
  );
});

test('storage, with a copy of the image or without', async () => {
  const made = (imageId: string): Promise<readonly string[]> =>
    lines([], (sandboxes) =>
      sandboxes.createStorage({ container: spec({ imageId }).container, entries: [] }, CLAIMLESS),
    );
  const name = 'read sysctl -n kern.hostname';
  const hosts = JSON.stringify(hostsText(C, [], { own: '127.0.0.1', host: '' }));
  assert.deepEqual(await made('aaaaaaaaaaaa'), [
    name,
    `change [klee-storage] ${DIR} /data/images/aaaaaaaaaaaa/rootfs <<${hosts}`,
  ]);
  assert.deepEqual(await made('host'), [name, `change [klee-storage] ${DIR} '' <<${hosts}`]);
  assert.deepEqual(platform(told()).planStorage(C), [{ kind: 'directory', name: DIR }]);
});

test('hosts files, of jails that are there from inside', async () => {
  const other = spec({ name: 'other', stack: 'host' }).container;
  const third = spec({ name: 'third' }).container;
  const entries = [{ address: '10.0.0.1', names: ['container1'] }] as never;
  const found = await lines([], (sandboxes) =>
    sandboxes.setHostsFiles(
      [C, other, third].map((container) => ({ container, entries })),
      CLAIMLESS,
    ),
  );
  const text = (container: Container): string =>
    hostsText(container, entries, { own: '127.0.0.1', host: '' });
  assert.deepEqual(found.slice(1), [
    `change [klee-hosts] (text) ${DIR}/hosts ${JAIL} <<${JSON.stringify(text(C))}`,
    `change [klee-hosts] (text) /data/containers/${third.id}/hosts klee-${third.id} <<${JSON.stringify(text(third))}`,
  ]);
  const untold = { stderr: `klee: cannot write /etc/hosts in jail ${JAIL}\n` };
  await refused(
    platform(told([['[klee-hosts]', untold]])).setHostsFiles(
      [{ container: C, entries: [] }],
      CLAIMLESS,
    ),
    'PLATFORM_COMMAND_FAILED',
  );
  assert.deepEqual(
    await lines([], (sandboxes) =>
      sandboxes.setHostsFiles([{ container: other, entries: [] }], CLAIMLESS),
    ),
    [],
  );
});

test('files that say the same are written by one command, very many by several', async () => {
  const entries = [{ address: '10.0.0.1', names: ['same'] }] as never;
  const containers = Array.from({ length: 5000 }, () => spec({ name: 'same' }).container);
  const found = await lines([], (sandboxes) =>
    sandboxes.setHostsFiles(
      containers.map((container) => ({ container, entries })),
      CLAIMLESS,
    ),
  );
  assert.equal(found.filter((line) => line.startsWith('change ')).length, 2);
});

test('a dry run of a whole life depends on nothing that it would have made', async () => {
  const notThere: Answers = [
    ['[klee-enter]', { status: 1, stderr: `jexec: jail "${JAIL}" not found\n` }],
    ['[klee-await]', { status: 1 }],
    ['cat /etc/passwd', { status: 1, stderr: `jexec: jail "${JAIL}" not found\n` }],
    ['[klee-status]', { status: 1 }],
    ['jls', { stdout: jails() }],
    ['tail', { status: 1, stderr: 'tail: log: No such file or directory\n' }],
    ...RELEASE,
  ];
  const reads = told(notThere);
  const shown: string[] = [];
  const commands = createDryRunner({
    commands: reads,
    commandPrefix: [],
    show: (argv) => void shown.push(short(argv)),
  });
  const sandboxes = platform(commands);
  const wanted = spec({
    stack: 'own',
    user: '80',
    mounts: [{ source: '/a', target: '/b', readOnly: false }],
  });
  await sandboxes.createStorage({ container: wanted.container, entries: [] }, CLAIMLESS);
  await sandboxes.setHostsFiles([{ container: wanted.container, entries: [] }], CLAIMLESS);
  await sandboxes.create(wanted, CLAIMLESS);
  await sandboxes.start(wanted, DETACHED, CLAIMLESS);
  const foreground = await sandboxes.start(wanted, FOREGROUND, CLAIMLESS);
  assert.equal(await foreground.exited, 0);
  await sandboxes.stop(wanted, 'TERM', 10_000);
  assert.equal(await sandboxes.exitStatus(wanted), undefined);
  await sandboxes.destroy(wanted, CLAIMLESS);
  await sandboxes.removeStorage(wanted.container, CLAIMLESS);
  assert.ok(reads.lines.every((line) => line.startsWith('read ')));
  assert.deepEqual(
    shown.map((line) => line.split(' ').slice(0, 2).join(' ')),
    [
      `[klee-storage] ${DIR}`,
      '[klee-hosts] (text)',
      'mkdir -p',
      "[klee-mount-devfs] ''",
      `[klee-install] ${DIR}/rootfs`,
      '[klee-mount] /a',
      'jail -c',
      `jexec ${JAIL}`,
      `[klee-launch] ${RUN}`,
      '[klee-supervise] foreground',
      `[klee-end] ${RUN}`,
      `[klee-end] ${RUN}`,
      'jail -R',
      'rm -rfx',
      'rm -rfx',
    ],
  );
});

test.run();
