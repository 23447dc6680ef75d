/** The kernel's errors, as strerror(3) words them. */

const TEXTS = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  ENXIO: 'Device not configured',
  EEXIST: 'File exists',
  EINVAL: 'Invalid argument',
  EBUSY: 'Device busy',
  EACCES: 'Permission denied',
  ENOTDIR: 'Not a directory',
  EOPNOTSUPP: 'Operation not supported',
  EADDRNOTAVAIL: "Can't assign requested address",
  EADDRINUSE: 'Address already in use',
  ENETUNREACH: 'Network is unreachable',
  ENAMETOOLONG: 'File name too long',
  ENOSPC: 'No space left on device',
  EDEADLK: 'Resource deadlock avoided',
} as const;

export type ErrnoCode = keyof typeof TEXTS;

/** The error of a system call. */
export class Errno extends Error {
  readonly code: ErrnoCode;

  constructor(code: ErrnoCode) {
    super(TEXTS[code]);
    this.name = 'Errno';
    this.code = code;
  }
}
