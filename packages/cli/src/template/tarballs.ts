/** The tarballs of this repository's packages in a directory, for a package that is made before these are on npm. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { KleenetError } from '@kleenet/core/errors';
import type { Tarballs, Template } from './render.ts';

/**
 * Finds the tarballs of the versions that this klee was built with, under the names that npm gives them.
 *
 * @param needed - the packages that have to be there
 * @throws KleenetError INVALID_ARGUMENT
 */
export function findTarballs(
  directory: string,
  versions: Template['versions'],
  needed: readonly string[],
): Tarballs {
  const found = Object.entries(versions).flatMap(([name, version]) => {
    const path = join(directory, tarballName(name, version));
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? [[name, path]] : [];
  });
  const tarballs = Object.fromEntries(found) as Tarballs;
  const missing = needed.filter((name) => tarballs[name] === undefined);
  if (missing.length === 0) return tarballs;
  const names = missing.map((name) => tarballName(name, versions[name] ?? ''));
  throw new KleenetError('INVALID_ARGUMENT', `${directory} does not have ${names.join(', ')}`, {
    hint: 'script/pack.mjs in the repository of klee writes the tarballs into a directory',
    details: { directory, missing },
  });
}

function tarballName(name: string, version: string): string {
  return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
}
