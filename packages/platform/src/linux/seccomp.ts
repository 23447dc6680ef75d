/**
 * System calls that are forbidden to containers. Their purpose is to change or watch the whole host; most of them also
 * need a capability that containers lack, and blocking them makes faults in them unreachable, too.
 */

interface SyscallRule {
  readonly names: readonly string[];
  readonly action: 'SCMP_ACT_ERRNO';
  readonly errnoRet?: number;
  readonly args?: readonly SyscallTest[];
}

interface SyscallTest {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: 'SCMP_CMP_MASKED_EQ' | 'SCMP_CMP_EQ' | 'SCMP_CMP_GT';
}

/** The `linux.seccomp` part of an OCI configuration. */
export interface SeccompProfile {
  readonly defaultAction: 'SCMP_ACT_ALLOW';
  readonly architectures?: readonly string[];
  readonly syscalls: readonly SyscallRule[];
}

const DENIED = [
  ['mount', 'umount', 'umount2', 'pivot_root', 'move_mount', 'open_tree', 'mount_setattr'],
  ['fsopen', 'fsconfig', 'fsmount', 'fspick', 'quotactl', 'quotactl_fd', 'swapon', 'swapoff'],
  [
    'kexec_load',
    'kexec_file_load',
    'init_module',
    'finit_module',
    'delete_module',
    'create_module',
    'reboot',
  ],
  ['bpf', 'perf_event_open', 'userfaultfd', 'lookup_dcookie', 'kcmp', 'syslog', 'acct'],
  ['add_key', 'keyctl', 'request_key', 'open_by_handle_at', 'fanotify_init'],
  [
    'setns',
    'unshare',
    'settimeofday',
    'clock_settime',
    'clock_settime64',
    'clock_adjtime',
    'clock_adjtime64',
    'adjtimex',
    'stime',
  ],
  ['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'iopl', 'ioperm', 'vm86', 'vm86old'],
  ['nfsservctl', 'uselib', 'ustat', 'sysfs', '_sysctl', 'vhangup'],
].flat();

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** CLONE_NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET and NEWNS of clone(2). */
const NAMESPACE_FLAGS = [
  0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x00020000,
];

/**
 * AF_UNIX, AF_INET, AF_INET6, AF_NETLINK and AF_PACKET of socket(2); the last one also needs a capability. Others reach
 * a hypervisor (AF_VSOCK), the kernel's ciphers (AF_ALG), hardware, or rarely audited protocols.
 */
const ADDRESS_FAMILIES = [1, 2, 10, 16, 17];

const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

/** The profile for a processor architecture by Node's name; on others only the native calls pass. */
export function seccompProfile(architecture: string): SeccompProfile {
  const architectures = ARCHITECTURES[architecture];
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    ...(architectures === undefined ? {} : { architectures }),
    syscalls: [
      { names: DENIED, action: 'SCMP_ACT_ERRNO', errnoRet: EPERM },
      ...NAMESPACE_FLAGS.map(denyCloneFlag),
      // Its flags are in memory, which seccomp cannot read; with ENOSYS the C library falls back to clone.
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
      ...denyFamilies(),
      // The same for the address family in the multiplexed call of 32-bit programs.
      { names: ['socketcall'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
    ],
  };
}

function denyCloneFlag(flag: number): SyscallRule {
  const test = { index: 0, value: flag, valueTwo: flag, op: 'SCMP_CMP_MASKED_EQ' } as const;
  return { names: ['clone'], action: 'SCMP_ACT_ERRNO', errnoRet: EPERM, args: [test] };
}

/** A kernel without these families would return the same. Values that are too large have more than 32 bits set. */
function denyFamilies(): readonly SyscallRule[] {
  const last = Math.max(...ADDRESS_FAMILIES);
  const between = Array.from({ length: last }, (_, family) => family).filter(
    (family) => !ADDRESS_FAMILIES.includes(family),
  );
  const tests: readonly SyscallTest[] = [
    ...between.map((value) => ({ index: 0, value, op: 'SCMP_CMP_EQ' }) as const),
    { index: 0, value: last, op: 'SCMP_CMP_GT' },
  ];
  return tests.map((test) => ({
    names: ['socket', 'socketpair'],
    action: 'SCMP_ACT_ERRNO',
    errnoRet: EAFNOSUPPORT,
    args: [test],
  }));
}
