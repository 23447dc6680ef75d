/**
 * System calls of x86-64 that containers must not make, with arguments that the kernel refuses without doing anything, and
 * for another reason than a missing privilege where that is possible: so the filter is told from what is behind it. Pure.
 */

const BAD = 1;
const ODD = 0xffff;

export const CALLS: Readonly<Record<string, readonly number[]>> = {
  mount: [165, BAD, BAD, BAD, 0, 0],
  umount2: [166, BAD, ODD],
  pivot_root: [155, BAD, BAD],
  move_mount: [429, -1, BAD, -1, BAD, 0xffffff],
  open_tree: [428, -1, BAD, 0xffffff],
  mount_setattr: [442, -1, BAD, 0xffffff, BAD, 0],
  fsopen: [430, BAD, 0],
  fsconfig: [431, -1, 9999, 0, 0, 0],
  fsmount: [432, -1, ODD, ODD],
  fspick: [433, -1, BAD, ODD],
  quotactl: [179, 0xffff, BAD, 0, 0],
  quotactl_fd: [443, -1, 0xffff, 0, 0],
  swapon: [167, BAD, 0xffffff],
  swapoff: [168, BAD],
  kexec_load: [246, 0, 0, 0, 0xff],
  kexec_file_load: [320, -1, -1, 0, 0, 0xffff],
  init_module: [175, BAD, 0, BAD],
  finit_module: [313, -1, BAD, ODD],
  delete_module: [176, BAD, 0],
  create_module: [174, BAD, 0],
  reboot: [169, 0, 0, 0, 0],
  bpf: [321, 9999, BAD, ODD],
  perf_event_open: [298, BAD, 0, -1, -1, 0],
  userfaultfd: [323, ODD],
  lookup_dcookie: [212, 0, BAD, 0],
  kcmp: [312, 0, 0, 99, 0, 0],
  syslog: [103, 99, 0, 0],
  acct: [163, BAD],
  add_key: [248, BAD, BAD, 0, 0, 0],
  keyctl: [250, 9999],
  request_key: [249, BAD, BAD, 0, 0],
  open_by_handle_at: [304, -1, BAD, 0],
  fanotify_init: [300, 0xffffff, 0],
  setns: [308, -1, 0],
  unshare: [272, 1],
  settimeofday: [164, BAD, 0],
  clock_settime: [227, 0, BAD],
  clock_adjtime: [305, 0, BAD],
  adjtimex: [159, BAD],
  io_uring_setup: [425, 1, BAD],
  io_uring_enter: [426, -1, 0, 0, 0, 0],
  io_uring_register: [427, -1, 0, 0, 0],
  iopl: [172, 9],
  ioperm: [173, 0xffffffff, 2, 1],
  nfsservctl: [180, 0, 0, 0],
  uselib: [134, BAD],
  ustat: [136, 0, BAD],
  sysfs: [139, 99, 0, 0],
  _sysctl: [156, BAD],
  vhangup: [153],
  clone3: [435, 0, 0],
};

/** Those that only 32-bit programs have. */
export const CALLS32: Readonly<Record<string, readonly number[]>> = {
  umount: [22, BAD],
  stime: [25, BAD],
  vm86: [166, 99, BAD],
  vm86old: [113, BAD],
  clock_settime64: [404, 0, BAD],
  clock_adjtime64: [405, 0, BAD],
  socketcall: [102, 1, BAD],
};

/** All capabilities that Linux has (capabilities(7)), by their numbers. */
export const CAPABILITIES: readonly string[] = [
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE',
  'NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO',
  'SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME',
  'SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG',
  'WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE',
].flatMap((line) => line.split(' ').map((word) => `CAP_${word}`));
