/** Turns the smallest example into a package of its own. Pure. */
import type { NewNames } from './names.ts';

/** The files of examples/driver-minimal, and the versions for its `workspace:` ranges. */
export interface Template {
  /** The versions of the packages of this repository, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** By path within the package. */
  readonly files: Readonly<Record<string, string>>;
}

/** In the example each occurrence of this word is the driver's name. */
const PLACEHOLDER = 'minimal';

/** The files of a new package, by path. */
export function renderPackage(
  { files, versions }: Template,
  { packageName, driver }: Pick<NewNames, 'packageName' | 'driver'>,
): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(files).map(([path, text]) => {
      const own = path === 'package.json' ? standalone(text, versions) : text;
      const named = own
        .replaceAll(`kleenet-driver-${PLACEHOLDER}`, packageName)
        .replaceAll(PLACEHOLDER, driver);
      return [path, named];
    }),
  );
}

/** Replaces settings that only work inside klee's repository. */
function standalone(text: string, versions: Template['versions']): string {
  const { private: _private, ...manifest } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const ranges = Object.fromEntries(
    ['devDependencies', 'peerDependencies'].map((field) => [
      field,
      released(manifest[field] as Readonly<Record<string, string>>, versions),
    ]),
  );
  return `${JSON.stringify({ ...manifest, ...ranges }, undefined, 2)}\n`;
}

function released(
  ranges: Readonly<Record<string, string>>,
  versions: Template['versions'],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(ranges).map(([name, range]) => [
      name,
      range.replace(/^workspace:\^$/, `^${versions[name]}`).replace(/^workspace:/, ''),
    ]),
  );
}
