/** World-readable files of a Linux host, read without a process each. */
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';

/** Replaceable in tests. */
export interface HostFiles {
  /** The text of a file, or undefined if it does not exist. */
  read(path: string): Promise<string | undefined>;
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

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EACCES']);

/** The real host. */
export function createHostFiles(): HostFiles {
  return {
    read: (path) => unlessAbsent(readFile(path, 'utf8')),
    async find(program) {
      for (const directory of PROGRAM_DIRECTORIES) {
        const path = `${directory}/${program}`;
        const found = await unlessAbsent(access(path, constants.X_OK).then(() => path));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
