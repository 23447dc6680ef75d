/** The packages of this repository as npm would bring them, in a folder outside of it. */
import { execFileSync } from 'node:child_process';
import type { StdioOptions } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { TOP } from './markdown.ts';
import { serveTarballs } from './registry.ts';
import type { Registry } from './registry.ts';

export interface Packed {
  /** An empty project with all packages installed. */
  readonly project: string;
  /** The example driver, packed. */
  readonly macvlan: string;
}

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * Packs every package, and installs the tarballs with npm. Nothing is fetched: what they depend on besides each other is
 * taken from where it is installed here.
 *
 * @param folder - empty, and not below the repository
 */
export function installPacked(folder: string): Packed {
  const { own, others } = packAll(folder, ['packages/*', 'examples/driver-macvlan']);
  const macvlan = own.find((path) => path.includes('macvlan'));
  if (macvlan === undefined) throw new Error('the example was not packed');
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
  npm(
    project,
    'install',
    '--offline',
    '--no-audit',
    '--no-fund',
    ...own.filter((path) => path !== macvlan),
    ...others,
  );
  return { project, macvlan };
}

/** Puts packages of this repository, as they are packed, where a package finds what it depends on. */
export function unpackInto(folder: string, packages: readonly string[]): void {
  const { own, others } = packAll(mkdtempSync(join(folder, '.packed-')), packages);
  for (const tarball of [...own, ...others]) {
    const unpacked = mkdtempSync(join(folder, '.unpacked-'));
    execFileSync('tar', ['-xzf', tarball, '-C', unpacked], { stdio: QUIET });
    const { name } = readManifest(join(unpacked, 'package'));
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
    renameSync(join(unpacked, 'package'), join(folder, 'node_modules', name));
  }
}

/** Tarballs of packages of this repository, and of all others that they depend on. */
function packAll(
  folder: string,
  packages: readonly string[],
): { readonly own: readonly string[]; readonly others: readonly string[] } {
  const [own, others] = [join(folder, 'own'), join(folder, 'others')];
  for (const path of [own, others]) mkdirSync(path);
  packWorkspace(packages, own);
  thirdParties().forEach((place, index) => packInstalled(place, join(others, `${index}.tgz`)));
  return { own: tarballsIn(own), others: tarballsIn(others) };
}

function packWorkspace(packages: readonly string[], folder: string): void {
  const filters = packages.flatMap((one) => ['--filter', `./${one}`]);
  execFileSync(
    join(TOP, 'script/pnpm'),
    ['--recursive', ...filters, 'pack', '--pack-destination', folder],
    // npx has this pnpm, and would ask the registry whether there is a newer one.
    { cwd: TOP, env: { ...process.env, npm_config_offline: 'true' }, stdio: QUIET },
  );
}

const QUIET: StdioOptions = ['ignore', 'ignore', 'inherit'];

/** What is installed of a package is what its tarball holds. */
function packInstalled(place: string, tarball: string): void {
  const unpacked = mkdtempSync(join(dirname(tarball), 'unpacked-'));
  cpSync(place, join(unpacked, 'package'), { recursive: true, dereference: true });
  execFileSync('tar', ['-czf', tarball, '-C', unpacked, 'package'], { stdio: QUIET });
}

function npm(folder: string, ...words: readonly string[]): void {
  execFileSync('npm', words, {
    cwd: folder,
    env: { ...process.env, npm_config_cache: join(folder, '.npm'), npm_config_loglevel: 'error' },
    stdio: QUIET,
  });
}

function tarballsIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => join(folder, name));
}

/** The folders of all packages that ours depend on, directly or not. */
function thirdParties(): readonly string[] {
  return dependenciesOf(
    readdirSync(join(TOP, 'packages')).map((name) => join(TOP, 'packages', name)),
  );
}

/** The folders of all packages that others depend on, directly or not, but for those of this repository. */
function dependenciesOf(folders: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const open = [...folders];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const name of Object.keys(readManifest(folder).dependencies ?? {})) {
      if (name.startsWith('@kleenet/')) continue;
      const place = findDependency(folder, name);
      if (found.has(place)) continue;
      found.add(place);
      open.push(place);
    }
  }
  return [...found];
}

/** A registry with all that a new driver, and the packages of this repository, have from npm. */
export function serveTools(work: string): Promise<Registry> {
  const tools = ['typescript', '@changesets/cli', '@types/node'].map((name) =>
    findDependency(TOP, name),
  );
  const folders = new Set([...tools, ...dependenciesOf(tools), ...thirdParties()]);
  return serveTarballs(
    [...folders].map((folder, index) => {
      const path = join(work, `${index}.tgz`);
      packInstalled(folder, path);
      return { folder, path };
    }),
  );
}

/** pnpm puts the dependencies of a package beside it. */
function findDependency(folder: string, name: string): string {
  const places = [join(folder, 'node_modules', name), ...besides(folder, name)];
  for (const place of places) {
    try {
      return realpathSync(place);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  throw new Error(`${name} of ${folder} is not installed`);
}

function besides(folder: string, name: string): readonly string[] {
  const modules = /^.*\/node_modules(?=\/)/.exec(folder)?.[0];
  return modules === undefined ? [] : [join(modules, name)];
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** A Node.js with SQLite: the one that runs the tests, or another of those that they are tried with. */
export function nodeWithSqlite(): string {
  const more = join(TOP, 'script/node-versions/node_modules');
  const candidates = [
    process.execPath,
    ...['node22', 'node24'].map((name) => join(more, name, 'bin/node')),
  ];
  for (const node of candidates) {
    if (hasSqlite(node)) return node;
  }
  throw new Error(`none of these has SQLite: ${candidates.join(', ')}`);
}

function hasSqlite(node: string): boolean {
  try {
    execFileSync(node, ['-e', "require('node:sqlite')"], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
