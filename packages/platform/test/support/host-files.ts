/** The files of a host that has none but those that a test names. */
import type { HostFiles } from '@kleenet/platform/linux';

export function hostFiles(own: Partial<HostFiles> = {}): HostFiles {
  return {
    read: () => Promise.resolve(undefined),
    readPrivate: () => Promise.resolve(undefined),
    has: () => Promise.resolve(false),
    find: () => Promise.resolve(undefined),
    ...own,
  };
}
