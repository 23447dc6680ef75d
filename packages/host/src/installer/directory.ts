/**
 * The plugin directory that klee writes to.
 *
 * An entry is the package itself, or a link to it. klee makes links: `NAME` leads to
 * `.klee/NAME-VERSION-ID/node_modules/NAME`, a folder of npm's with all dependencies of the plugin. A link is replaced
 * atomically, so that a reader finds the old plugin or the new one; the next change removes folders without a link.
 *
 * A plugin that is used from a directory elsewhere has `.klee/NAME-linked-ID/plugin`, a link to that directory.
 */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join, relative, resolve } from 'node:path';
import { OWN, WAY_OUT } from '../plugins/link.ts';
import { treeOf } from '../plugins/tree.ts';

/** The folder of core in a project: npm installs it from there. */
export const CORE = 'core';

/** An npm project that is not in use yet. */
export interface Staged {
  readonly project: string;
}

export class PluginDirectory {
  readonly path: string;
  readonly #own: string;
  readonly #isShared: boolean;

  /** @param isShared - whether other users are to read its content, whatever the umask is */
  constructor(path: string, isShared: boolean) {
    this.path = resolve(path);
    this.#own = join(this.path, OWN);
    this.#isShared = isShared;
  }

  /** The folder that locks are kept in. */
  get locks(): string {
    return join(this.#own, 'lock');
  }

  /** Makes the directory if it does not exist. */
  create(): void {
    this.#make(this.#own);
  }

  /** An empty npm project. */
  stage(): Staged {
    const project = mkdtempSync(join(this.#own, 'new-'));
    writeFileSync(join(project, 'package.json'), '{ "name": "klee-plugin", "private": true }\n');
    return { project };
  }

  /** Gives a project a core: npm reads files on disk, and an executable has its own inside. */
  copyCore({ project }: Staged, contract: string): void {
    mkdirSync(join(project, CORE));
    for (const name of readdirSync(contract))
      writeFileSync(join(project, CORE, name), readFileSync(join(contract, name)));
  }

  /** The name of the package that npm installed into a project, besides core. */
  nameOf({ project }: Staged): string | undefined {
    const { dependencies = {} } = JSON.parse(
      readFileSync(join(project, 'package.json'), 'utf8'),
    ) as { dependencies?: Record<string, string> };
    return Object.keys(dependencies).find((name) => name !== '@kleenet/core');
  }

  /** The path where npm installed a package. */
  packageIn({ project }: Staged, name: string): string {
    return join(project, 'node_modules', name);
  }

  /** The target of a link that klee made: the npm project. Undefined if there is no such link. */
  projectOf(name: string): string | undefined {
    const link = join(this.path, name);
    if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return undefined;
    const [folder, project = ''] = relative(
      this.path,
      resolve(dirname(link), readlinkSync(link)),
    ).split('/');
    return folder === OWN && project !== '' ? join(this.#own, project) : undefined;
  }

  /** Whether the name is taken by an entry that klee has not made. */
  isForeign(name: string): boolean {
    const isThere = lstatSync(join(this.path, name), { throwIfNoEntry: false }) !== undefined;
    return isThere && this.projectOf(name) === undefined;
  }

  /** Activates a project, in place of an earlier version of the plugin. */
  activate({ project }: Staged, name: string, version: string): void {
    const final = this.#keep(project, name, version);
    this.#lead(name, join(final, 'node_modules', name));
  }

  /** Has a plugin used from where it is, in place of an earlier version of it. */
  link(target: string, name: string): void {
    const folder = mkdtempSync(join(this.#own, 'new-'));
    symlinkSync(target, join(folder, WAY_OUT));
    writeFileSync(join(folder, 'package.json'), readFileSync(join(target, 'package.json')));
    const final = this.#keep(folder, name, 'linked');
    this.#lead(name, join(final, WAY_OUT));
  }

  /** Gives a folder its name for good. */
  #keep(folder: string, name: string, version: string): string {
    if (this.#isShared) makeReadable(folder);
    const label = name.replace('@', '').replace('/', '+');
    const final = join(this.#own, `${label}-${version}-${randomBytes(4).toString('hex')}`);
    renameSync(folder, final);
    return final;
  }

  /** Replaces the link of a plugin atomically, and removes what the earlier one led to. */
  #lead(name: string, target: string): void {
    const before = this.projectOf(name);
    const link = join(this.path, name);
    this.#make(dirname(link));
    const draft = join(this.#own, `link-${randomBytes(4).toString('hex')}`);
    symlinkSync(relative(dirname(link), target), draft);
    renameSync(draft, link);
    if (before !== undefined) rmSync(before, { recursive: true, force: true });
  }

  /** Removes a plugin that klee has added; of one that is linked, only the link. */
  remove(name: string): void {
    const project = this.projectOf(name);
    if (project === undefined) return;
    rmSync(join(this.path, name));
    rmSync(project, { recursive: true, force: true });
    const scope = dirname(join(this.path, name));
    if (scope !== this.path && readdirSync(scope).length === 0) rmSync(scope, { recursive: true });
  }

  /** Removes unused folders: of commands that were killed, or whose installation failed. Needs the lock. */
  sweep(): void {
    const used = new Set(this.#names().map((name) => this.projectOf(name)));
    for (const name of readdirSync(this.#own)) {
      const path = join(this.#own, name);
      if (path !== this.locks && !used.has(path)) rmSync(path, { recursive: true, force: true });
    }
  }

  #make(folder: string): void {
    const made = mkdirSync(folder, { recursive: true, mode: 0o755 });
    if (made === undefined || !this.#isShared) return;
    for (let path = folder; path.startsWith(made); path = dirname(path)) chmodSync(path, 0o755);
  }

  #names(): readonly string[] {
    return readdirSync(this.path, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() && entry.name.startsWith('@')
        ? readdirSync(join(this.path, entry.name)).map((rest) => join(entry.name, rest))
        : [entry.name],
    );
  }
}

/**
 * Unpacked files have the package's modes minus the umask: this makes them readable by all and writable by their owner.
 */
function makeReadable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const { path, entry } of treeOf(folder)) {
    if (entry.isDirectory()) chmodSync(path, 0o755);
    else if (entry.isFile()) chmodSync(path, (lstatSync(path).mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}
