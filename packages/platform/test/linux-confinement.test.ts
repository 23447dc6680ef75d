/** What confines a container on Linux: its OCI configuration, and the system calls that it is refused. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Stack } from '@kleenet/core';
import type { OciConfig } from '../src/linux/oci-config.ts';
import { seccompProfile } from '../src/linux/seccomp.ts';
import { config } from './support/oci.ts';
import { answerTo } from './support/seccomp-evaluator.ts';

const STACKS = ['own', 'restricted', 'host', 'none'] as const;
const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97];

test('no stack gives power over networks, only an own one raw sockets', () => {
  for (const stack of ['own', 'restricted', 'host', 'none'] as const) {
    const { capabilities, noNewPrivileges } = config(stack).process;
    assert.equal(noNewPrivileges, true);
    for (const set of Object.values(capabilities)) {
      assert.equal(set.includes('CAP_NET_ADMIN') || set.includes('CAP_SYS_ADMIN'), false);
      assert.equal(set.includes('CAP_NET_RAW'), stack === 'own');
    }
  }
});

test("the network namespace is the sandbox's, or the host's", () => {
  const network = (stack: Stack): unknown =>
    config(stack).linux.namespaces.find(({ type }) => type === 'network');
  assert.deepEqual(network('restricted'), {
    type: 'network',
    path: '/run/netns/klee-0123456789ab',
  });
  assert.deepEqual(network('none'), { type: 'network', path: '/run/netns/klee-0123456789ab' });
  assert.equal(network('host'), undefined);
});

test('no container sees the /sys of the host, whose control groups would be writable', () => {
  for (const stack of ['host', 'own', 'restricted', 'none'] as const) {
    const mount = config(stack).mounts.find(({ destination }) => destination === '/sys');
    assert.equal(mount?.type, 'sysfs');
    assert.ok(mount.options.includes('ro'));
  }
});

/** What ordinary images do as root of the container, by the capability that it takes (capabilities(7)). */
const ORDINARY: Readonly<Record<string, string>> = {
  CAP_CHOWN: 'give files to the user of a service',
  CAP_DAC_OVERRIDE: 'write into files of such a user',
  CAP_FOWNER: 'change the mode of files of such a user',
  CAP_FSETID: 'keep set-group-ID bits while doing so',
  CAP_KILL: 'stop processes of such a user',
  CAP_MKNOD: 'unpack archives with device nodes, which the devices cgroup makes useless',
  CAP_NET_BIND_SERVICE: 'listen at ports below 1024',
  CAP_SETFCAP: 'install programs with capabilities',
  CAP_SETGID: 'start a service with the groups of its user',
  CAP_SETPCAP: 'drop capabilities for good',
  CAP_SETUID: 'start a service as its user',
  CAP_SYS_CHROOT: 'shut a service into a directory',
  CAP_AUDIT_WRITE: 'log in',
};

test('root of a container can do what ordinary images need, and no more', () => {
  const { capabilities } = config('none').process;
  assert.deepEqual(capabilities.effective.toSorted(), Object.keys(ORDINARY).toSorted());
  assert.deepEqual(capabilities.permitted, capabilities.effective);
  // Programs with capabilities in their file can gain nothing beyond.
  assert.deepEqual(capabilities.bounding, capabilities.effective);
  // A user other than root has none at all.
  assert.deepEqual(Object.keys(capabilities).toSorted(), ['bounding', 'effective', 'permitted']);
});

test('processes, messages, names, mounts and control groups are always its own', () => {
  for (const stack of STACKS) {
    const { namespaces } = config(stack).linux;
    const made = namespaces.filter(({ path }) => path === undefined).map(({ type }) => type);
    assert.deepEqual(made.toSorted(), ['cgroup', 'ipc', 'mount', 'pid', 'uts'], stack);
  }
});

test('a stack of its own needs no privilege for low ports and ping; settings of the host stay', () => {
  for (const stack of ['own', 'restricted', 'none'] as const) {
    const { sysctl } = config(stack).linux;
    assert.equal(sysctl['net.ipv4.ip_unprivileged_port_start'], '0');
    // All groups: ping_group_range of icmp(7) ends before the number that stands for no group.
    assert.equal(sysctl['net.ipv4.ping_group_range'], `0 ${2 ** 31 - 1}`);
  }
  assert.deepEqual(config('host').linux.sysctl, {});
});

test('no device can be used until the runtime allows those of every container', () => {
  assert.deepEqual(config('own').linux.resources.devices, [{ allow: false, access: 'rwm' }]);
});

test('a container is named, found and accounted for by its id', () => {
  const startedHook = { path: '/bin/touch', args: ['touch', '/run/started'] };
  const made = config('own', {}, { startedHook });
  assert.equal(made.hostname, 'web');
  assert.deepEqual(made.annotations, {
    'org.kleenet.container': '0123456789ab',
    'org.kleenet.run': 'run',
  });
  assert.equal(made.linux.cgroupsPath, '/kleenet/0123456789ab');
  assert.deepEqual(made.hooks, { poststart: [startedHook] });
});

test('the command begins at the top of a file system that it can write', () => {
  const made = config('own', {}, { rootfs: '/data/x' });
  assert.match(made.ociVersion, /^1\.\d+\.\d+$/);
  assert.deepEqual(made.root, { path: '/data/x', readonly: false });
  assert.equal(made.process.cwd, '/');
});

test('the command runs as its user, with the groups of that user', () => {
  const user = { uid: 33, gid: 44, additionalGids: [55], home: '/srv/web' };
  const { user: given, env } = config('own', {}, { user }).process;
  assert.deepEqual(given, { uid: 33, gid: 44, additionalGids: [55] });
  assert.ok(env.includes('HOME=/srv/web'));
});

test('only a container with a terminal has one, as large as that of the caller', () => {
  const window = { rows: 24, columns: 80 };
  const { terminal, consoleSize } = config('own', { terminal: true }, { window }).process;
  assert.equal(terminal, true);
  assert.deepEqual(consoleSize, { height: 24, width: 80 });
  const unknown = config('own', { terminal: true }).process;
  assert.equal('consoleSize' in unknown, false);
  const without = config('own', {}, { window }).process;
  assert.equal(without.terminal, false);
  assert.equal('consoleSize' in without, false);
});

const mountAt = (made: OciConfig, path: string): OciConfig['mounts'][number] => {
  const [mount, ...others] = made.mounts.filter(({ destination }) => destination === path);
  assert.ok(mount !== undefined && others.length === 0, path);
  return mount;
};

test('the file systems of the kernel are new ones, from which nothing gains privilege', () => {
  const made = config('own');
  const types = ['proc', 'sysfs', 'mqueue', 'devpts', 'tmpfs', 'tmpfs'];
  const paths = ['/proc', '/sys', '/dev/mqueue', '/dev/pts', '/dev/shm', '/dev'];
  for (const [index, path] of paths.entries()) {
    const { type, options } = mountAt(made, path);
    assert.equal(type, types[index], path);
    assert.ok(options.includes('nosuid'), path);
    // The device nodes of a container are in /dev; the programs of a tmpfs at /dev can run nowhere else either.
    assert.equal(options.includes('noexec'), path !== '/dev', path);
    assert.equal(options.includes('nodev'), !['/dev', '/dev/pts'].includes(path), path);
    assert.equal(options.includes('ro'), path === '/sys', path);
  }
  const order = made.mounts.map(({ destination }) => destination);
  assert.ok(order.indexOf('/dev') < order.indexOf('/dev/pts'), 'a parent comes first');
  assert.ok(order.indexOf('/dev') < order.indexOf('/dev/shm'), 'a parent comes first');
  assert.ok(order.indexOf('/dev') < order.indexOf('/dev/mqueue'), 'a parent comes first');
});

test('a mounted file system says where it comes from', () => {
  const shown = config('own').mounts.map(({ source }) => source);
  assert.deepEqual(shown, ['proc', 'tmpfs', 'devpts', 'shm', 'mqueue', 'sysfs']);
});

test('memory file systems are limited, and only shared memory is for everybody', () => {
  for (const path of ['/dev', '/dev/shm']) {
    const { options } = mountAt(config('own'), path);
    assert.ok(options.includes('size=65536k'), path);
    // Without a mode, the kernel's own is 1777.
    const modes = options.filter((option) => option.startsWith('mode='));
    assert.deepEqual(modes, path === '/dev' ? ['mode=755'] : []);
  }
  // Device nodes are looked at by many: it matters that their times of access are right.
  assert.ok(mountAt(config('own'), '/dev').options.includes('strictatime'));
});

test('terminals are those of the container, open to all of it, and writable by group tty', () => {
  const { options } = mountAt(config('own'), '/dev/pts');
  assert.deepEqual(
    ['ptmxmode=0666', 'mode=0620', 'gid=5'].filter((one) => !options.includes(one)),
    [],
  );
});

test("klee's own files cannot be changed, except for those of the container", () => {
  const files = [
    { source: '/state/hosts', target: '/etc/hosts' },
    { source: '/state/resolv', target: '/etc/resolv.conf', writable: true },
  ];
  const made = config('own', {}, { files });
  for (const [path, source, access] of [
    ['/etc/hosts', '/state/hosts', 'ro'],
    ['/etc/resolv.conf', '/state/resolv', 'rw'],
  ] as const) {
    assert.deepEqual(mountAt(made, path), {
      destination: path,
      type: 'none',
      source,
      options: ['bind', access, 'nosuid', 'nodev', 'noexec'],
    });
  }
});

test("a directory of the user is mounted with what is below it, and the host sees no mounts of the container's", () => {
  const mounts = [
    { source: '/srv/a', target: '/a', readOnly: true },
    { source: '/srv/b', target: '/etc', readOnly: false },
  ];
  const files = [{ source: '/state/hosts', target: '/etc/hosts' }];
  const made = config('own', { mounts }, { files });
  for (const [path, source, access] of [
    ['/a', '/srv/a', 'ro'],
    ['/etc', '/srv/b', 'rw'],
  ] as const) {
    assert.deepEqual(mountAt(made, path), {
      destination: path,
      type: 'none',
      source,
      options: ['rbind', 'rprivate', access],
    });
  }
  // A mount of the user hides what klee has put there, as it hides the image.
  assert.equal(made.mounts.at(-1)?.destination, '/etc');
});

/** Files and directories of the kernel that no namespace makes the container's own, by what they would give away. */
const OF_THE_HOST: Readonly<Record<string, readonly string[]>> = {
  'the memory, keys and timers of the host': [
    '/proc/kcore',
    '/proc/keys',
    '/proc/timer_list',
    '/proc/timer_stats',
    '/proc/latency_stats',
    '/proc/sched_debug',
  ],
  'hardware, which can be set as well as seen': [
    '/proc/acpi',
    '/proc/asound',
    '/proc/scsi',
    '/sys/firmware',
  ],
  'how much power or time other processes use': [
    '/proc/interrupts',
    '/sys/devices/virtual/powercap',
  ],
};

for (const [what, paths] of Object.entries(OF_THE_HOST))
  test(`not seen in a container: ${what}`, () => {
    const { maskedPaths } = config('own').linux;
    for (const path of paths) assert.ok(maskedPaths.includes(path), path);
  });

test('nothing is masked without a reason', () => {
  assert.deepEqual(
    config('own').linux.maskedPaths.toSorted(),
    Object.values(OF_THE_HOST).flat().toSorted(),
  );
});

test('what sets the kernel cannot be written', () => {
  const { readonlyPaths } = config('own').linux;
  // proc(5): settings, the magic key, interrupts, buses and file systems of the whole host.
  for (const name of ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs'])
    assert.ok(readonlyPaths.includes(`/proc/${name}`), name);
});

/** System calls by the capability that they need (capabilities(7)), which no container has. */
const PRIVILEGED: Readonly<Record<string, string>> = {
  CAP_SYS_ADMIN:
    'mount umount umount2 pivot_root move_mount open_tree mount_setattr fsopen fsconfig fsmount fspick quotactl ' +
    'quotactl_fd swapon swapoff setns unshare bpf perf_event_open lookup_dcookie fanotify_init',
  CAP_SYS_MODULE: 'init_module finit_module delete_module create_module',
  CAP_SYS_BOOT: 'reboot kexec_load kexec_file_load',
  CAP_SYS_TIME:
    'settimeofday clock_settime clock_settime64 clock_adjtime clock_adjtime64 adjtimex stime',
  CAP_SYS_RAWIO: 'iopl ioperm',
  CAP_SYS_PTRACE: 'kcmp userfaultfd',
  CAP_SYS_PACCT: 'acct',
  CAP_SYSLOG: 'syslog',
  CAP_SYS_TTY_CONFIG: 'vhangup',
  CAP_DAC_READ_SEARCH: 'open_by_handle_at',
};

for (const [capability, calls] of Object.entries(PRIVILEGED))
  test(`system calls that need ${capability} do not reach the kernel`, () => {
    const { capabilities } = config('own').process;
    assert.equal(capabilities.effective.includes(capability), false);
    for (const call of calls.split(' '))
      assert.equal(answerTo(seccompProfile('x64'), call), EPERM, call);
  });

test('nor do those that see past namespaces, or had many faults, or are obsolete', () => {
  // Keyrings belong to users of the host, and what io_uring does is not seen by seccomp.
  const calls =
    'add_key keyctl request_key io_uring_setup io_uring_enter io_uring_register ' +
    'vm86 vm86old nfsservctl uselib ustat sysfs _sysctl';
  for (const call of calls.split(' '))
    assert.equal(answerTo(seccompProfile('x64'), call), EPERM, call);
});

test('ordinary system calls pass', () => {
  for (const call of ['read', 'execve', 'openat', 'chown', 'ptrace', 'kill', 'statfs', 'chroot'])
    assert.equal(answerTo(seccompProfile('x64'), call), 'passes', call);
});

/** Of clone(2); SIGCHLD is in the lowest byte of the flags of fork(3), CLONE_VM and CLONE_THREAD in those of threads. */
const NAMESPACES: Readonly<Record<string, number>> = {
  CLONE_NEWNS: 0x20000,
  CLONE_NEWCGROUP: 0x2000000,
  CLONE_NEWUTS: 0x4000000,
  CLONE_NEWIPC: 0x8000000,
  CLONE_NEWUSER: 0x10000000,
  CLONE_NEWPID: 0x20000000,
  CLONE_NEWNET: 0x40000000,
};
const [SIGCHLD, CLONE_VM, CLONE_THREAD] = [17, 0x100, 0x10000];

test('processes and threads can be started, but not in a new namespace', () => {
  const profile = seccompProfile('x64');
  const clone = (flags: number): unknown => answerTo(profile, 'clone', flags);
  assert.equal(clone(SIGCHLD), 'passes');
  assert.equal(clone(CLONE_VM | CLONE_THREAD), 'passes');
  for (const [name, flag] of Object.entries(NAMESPACES)) {
    assert.equal(clone(flag), EPERM, name);
    assert.equal(clone(SIGCHLD | flag), EPERM, name);
  }
  assert.equal(clone(0x10000000 | 0x40000000 | SIGCHLD), EPERM, 'several at once');
  // The C library takes clone(2) instead.
  assert.equal(answerTo(profile, 'clone3'), ENOSYS);
});

test('sockets are local, of the internet, netlink or packet sockets: the kernel seems to have no others', () => {
  const profile = seccompProfile('x64');
  assert.equal(answerTo(profile, 'socketcall'), ENOSYS);
  for (const call of ['socket', 'socketpair']) {
    const answers = Array.from({ length: 64 }, (_, family) => answerTo(profile, call, family));
    const passing = answers.flatMap((answer, family) => (answer === 'passes' ? [family] : []));
    assert.deepEqual(passing, [1, 2, 10, 16, 17], call);
    assert.deepEqual(new Set(answers), new Set([EAFNOSUPPORT, 'passes']));
    // The kernel looks at 32 bits only, seccomp at all of them.
    for (const family of [2, 40])
      assert.equal(answerTo(profile, call, 2 ** 32 + family), EAFNOSUPPORT, call);
  }
});

test('32-bit programs are filtered as well where the processor runs them', () => {
  assert.deepEqual(seccompProfile('x64').architectures, [
    'SCMP_ARCH_X86_64',
    'SCMP_ARCH_X86',
    'SCMP_ARCH_X32',
  ]);
  assert.deepEqual(seccompProfile('arm64').architectures, ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']);
  // Others than the native one do not pass a filter that does not name them.
  assert.equal('architectures' in seccompProfile('riscv64'), false);
  assert.deepEqual(
    config('own', {}, { architecture: 'arm64' }).linux.seccomp,
    seccompProfile('arm64'),
  );
});

test.run();
