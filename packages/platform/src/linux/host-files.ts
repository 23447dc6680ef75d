/** Files of a Linux host, read without a process each. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';

/** The answer where klee cannot know what is in a file. */
export const UNREADABLE: unique symbol = Symbol('unreadable');

/** Replaceable in tests. */
export interface HostFiles {
  /** The text of a file that everyone may read, or undefined if it does not exist. */
  read(path: string): Promise<string | undefined>;
  /**
   * The same for a file of root's. {@link UNREADABLE} for another user, behind a command prefix, which may lead to another
   * user or host, and if the file has more bytes than `limit`.
   */
  readPrivate(path: string, limit?: number): Promise<string | undefined | typeof UNREADABLE>;
  /** Whether there is a file or folder, as far as klee may know it. */
  has(path: string): Promise<boolean>;
  /** The first of the host's program directories that contains this one. */
  find(program: string): Promise<string | undefined>;
}

const PROGRAM_DIRECTORIES = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

/**
 * ESRCH is the answer to reading a file of /proc whose process has ended since the file was opened, and ENODEV to one of
 * /sys whose interface is gone.
 */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'ESRCH', 'ENODEV']);

/**
 * The real host. These files are small, and most are the kernel's, which are in no place but memory: reading one takes less
 * than handing it to another thread.
 */
export function createHostFiles(commandPrefix: readonly string[] = []): HostFiles {
  return {
    read: (path) => unlessAbsent(async () => readFileSync(path, 'utf8')),
    async readPrivate(path, limit = Infinity) {
      if (commandPrefix.length > 0) return UNREADABLE;
      try {
        return readUpTo(path, limit);
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        if (code === 'EACCES') return UNREADABLE;
        if (ABSENT.has(code)) return undefined;
        throw error;
      }
    },
    has: async (path) => (await unlessAbsent(() => access(path).then(() => path))) !== undefined,
    async find(program) {
      for (const directory of PROGRAM_DIRECTORIES) {
        const path = `${directory}/${program}`;
        const found = await unlessAbsent(() => access(path, constants.X_OK).then(() => path));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** By size first: only what is short is read at all. */
function readUpTo(path: string, limit: number): string | typeof UNREADABLE {
  const file = openSync(path, 'r');
  try {
    return fstatSync(file).size > limit ? UNREADABLE : readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

async function unlessAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
