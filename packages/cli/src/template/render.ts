/** Turns the smallest example into a package of its own. Pure. */
import type { NewNames } from './names.ts';

/** The files of examples/driver-minimal, and the versions for its `workspace:` ranges. */
export interface Template {
  /** The versions of the packages of this repository, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** By path within the package. */
  readonly files: Readonly<Record<string, string>>;
}

/** The path of the tarball of each package that is not to come from the registry, by the package's name. */
export type Tarballs = Readonly<Record<string, string>>;

/** In the example each occurrence of this word is the driver's name. */
const PLACEHOLDER = 'minimal';

/**
 * The files of a new package, by path.
 *
 * @param tarballs - where the packages of this repository are taken from, in place of the registry
 */
export function renderPackage(
  { files, versions }: Template,
  { packageName, driver }: Pick<NewNames, 'packageName' | 'driver'>,
  tarballs: Tarballs = {},
): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(files).map(([path, text]) => {
      const named = (path === 'package.json' ? standalone(text, versions) : text)
        .replaceAll(`kleenet-driver-${PLACEHOLDER}`, packageName)
        .replaceAll(PLACEHOLDER, driver);
      return [path, path === 'package.json' ? fromTarballs(named, tarballs) : named];
    }),
  );
}

/** The packages of this repository that a new package needs. */
export function ownDependencies({ files }: Template): readonly string[] {
  const { devDependencies = {} } = JSON.parse(files['package.json'] ?? '{}') as Manifest;
  return Object.keys(devDependencies).filter((name) => name.startsWith('@kleenet/'));
}

interface Manifest {
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Packages that authors add themselves, by the path of a tarball: npm refuses an override of these. */
const FOR_AUTHORS = [
  '@kleenet/conformance',
  '@kleenet/core',
  '@kleenet/freebsd-model',
  '@kleenet/linux-host',
];

/** Refers to tarballs, for what is needed directly and, as overrides, for what that needs in turn. */
function fromTarballs(text: string, tarballs: Tarballs): string {
  if (Object.keys(tarballs).length === 0) return text;
  const manifest = JSON.parse(text) as Manifest;
  const paths = Object.entries(tarballs).map(([name, path]) => [name, `file:${path}`] as const);
  const files = Object.fromEntries(paths);
  const devDependencies = Object.fromEntries(
    Object.entries(manifest.devDependencies ?? {}).map(([name, range]) => [
      name,
      files[name] ?? range,
    ]),
  );
  const overrides = Object.fromEntries(paths.filter(([name]) => !FOR_AUTHORS.includes(name)));
  return `${JSON.stringify({ ...manifest, devDependencies, overrides }, undefined, 2)}\n`;
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
