/** Rules for the files of containers and images, independent of their location. */
import { KleenetError } from '@kleenet/core/errors';

/** The id and name of the built-in image: the host's own file system. */
export const HOST_IMAGE = 'host';

/** Refuses a data directory whose name mount(8) would misread. @throws KleenetError INVALID_ARGUMENT */
export function requirePlainDirectory(directory: string): void {
  if (directory.startsWith('/') && !/[,:\\\s]/.test(directory)) return;
  throw new KleenetError('INVALID_ARGUMENT', `cannot keep containers in '${directory}'`, {
    hint: 'use an absolute path without spaces, commas, colons and backslashes',
  });
}
