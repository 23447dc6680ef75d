/** The argument of `klee plugin add`, in npm's notation. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { KleenetError } from '@kleenet/core/errors';

const NAME = /^(?:@[a-z0-9][a-z0-9-._]*\/)?[a-z0-9][a-z0-9-._]*(?:@[A-Za-z0-9 ^~<>=|*.+-]+)?$/;

/**
 * A package of the registry (with a version, a range or a tag), a directory, or a tarball. As with npm, a path begins
 * with `.` or `/`, contains a `/` that does not belong to a scope, or ends like a tarball.
 *
 * @param directory - the base of relative paths
 * @throws KleenetError INVALID_ARGUMENT
 */
export function parseSpec(text: string, directory: string): string {
  const isPath =
    /^[./]|\.(tgz|tar\.gz)$/.test(text) || (text.includes('/') && !text.startsWith('@'));
  const path = resolve(directory, text);
  const exists = statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (isPath && exists) return `file:${path}`;
  if (!isPath && NAME.test(text)) return text;
  throw new KleenetError(
    'INVALID_ARGUMENT',
    isPath
      ? `there is no directory or file ${path}`
      : `${JSON.stringify(text)} is not a package, directory or tarball`,
    {
      hint: exists
        ? `for the directory, write ./${text}`
        : 'give the name of a package (NAME or NAME@VERSION), or the path of a directory or of a .tgz file',
    },
  );
}

/**
 * The directory of a plugin that is to be linked.
 *
 * @param directory - the base of relative paths
 * @throws KleenetError INVALID_ARGUMENT
 */
export function parseLinked(text: string, directory: string): string {
  const path = resolve(directory, text);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw new KleenetError('INVALID_ARGUMENT', `there is no directory ${path}`, {
    hint: 'with --link, give the directory of a package: a tarball or a package of the registry has to be copied',
  });
}
