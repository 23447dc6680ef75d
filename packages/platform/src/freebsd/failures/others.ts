/** Messages of other programs, and of all programs. */
import type { Failure } from './failure.ts';

const FAILED = 'PLATFORM_COMMAND_FAILED';
const LIST_JAILS = 'list the jails: jls -d jid name dying';

export const OTHER_FAILURES: readonly Failure[] = [
  {
    program: 'mount',
    pattern:
      /exec mount_\w+ not found|^mount\w*: (?:.*: )?(?:Operation not supported(?: by device)?|Invalid fstype: .*)$/m,
    reason: 'file-system-unknown',
    code: 'FEATURE_UNSUPPORTED',
    hint: "the host lacks this file system, or its program mount_…(8). Without nullfs, use an image other than 'host' and no --mount: klee image import",
  },
  {
    program: 'umount',
    pattern:
      /umount: .*(?:not a (?:currently mounted )?file ?system|not currently mounted|statfs|No such file or directory|Invalid argument)/i,
    reason: 'not-mounted',
    code: FAILED,
    hint: 'list the mounts: mount',
  },
  {
    program: 'umount',
    pattern: /umount: .*Device busy/,
    reason: 'busy',
    code: FAILED,
    hint: 'a process still uses the file system: fstat says which',
  },
  {
    program: 'kldload',
    pattern: /can't load .*: (?:No such file or directory|Exec format error)|error occurred/,
    reason: 'module-missing',
    code: 'FEATURE_UNSUPPORTED',
    hint: 'the kernel neither has this nor a module for it: see loader.conf(5)',
  },
  {
    program: 'sysctl',
    pattern: /unknown oid/,
    reason: 'unknown-oid',
    code: 'FEATURE_UNSUPPORTED',
    hint: 'the kernel does not have this setting: klee needs FreeBSD 13.2 or later',
  },
  {
    program: 'ps',
    pattern: /^ *PID\b.*\n?$/,
    reason: 'no-process',
    code: 'CONTAINER_NOT_RUNNING',
    hint: LIST_JAILS,
  },
  {
    program: 'any',
    pattern:
      /No space left on device|Disc quota exceeded|Disk quota exceeded|file ?system is full/i,
    reason: 'disk-full',
    code: 'DISK_FULL',
    hint: 'make room on the file system of the state directory: df(1) shows it, and klee image ls what images take',
  },
  {
    program: 'any',
    pattern: /Operation not permitted|Permission denied|must be (?:super-?user|root)/i,
    reason: 'denied',
    code: 'PERMISSION_DENIED',
    hint: `run klee as root, or set KLEE_COMMAND_PREFIX='["doas"]'; inside a jail much of this is never allowed`,
  },
  {
    program: 'any',
    pattern: /No such file or directory/,
    reason: 'file-gone',
    code: FAILED,
    hint: 'a file or directory is missing: run klee system check',
  },
];
