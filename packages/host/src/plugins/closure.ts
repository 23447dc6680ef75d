/** Everything that a plugin's code is loaded from: its package, and the packages that it depends on. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseObject } from '../json.ts';
import { readSmallFile } from '../small-file.ts';
import { treeOf } from './tree.ts';
import { requireRootsOwn, resolveTrusted } from './trust.ts';
import { Witness } from './witness.ts';

const SIZE_LIMIT = 1024 * 1024;

/** A dependency that Node.js finds by its name, and not by a path. */
const NAME = /^(?:@[\w.-]+\/)?[\w-][\w.-]*$/;

/**
 * Checks that nobody but root can change what a plugin loads, file by file.
 *
 * @returns the folder of the package, without links in its path
 * @throws KleenetError PLUGIN_UNTRUSTED
 */
export function requireTrustedClosure(directory: string): string {
  const trees = new TrustedTrees();
  const top = trees.require(directory);
  const done = new Set<string>();
  const open = [top];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    if (done.has(folder)) continue;
    done.add(folder);
    for (const name of dependenciesOf(folder)) {
      const place = findDependency(folder, name);
      if (place !== undefined) open.push(trees.require(place));
    }
  }
  return top;
}

/** Folders with everything in them, each looked at once. */
class TrustedTrees {
  readonly #witness = new Witness();
  readonly #checked = new Set<string>();

  /** Answers the path without links. @throws KleenetError PLUGIN_UNTRUSTED */
  require(place: string): string {
    const folder = resolveTrusted(place, this.#witness);
    if (this.#checked.has(folder)) return folder;
    this.#checked.add(folder);
    if (this.#witness.look('owner', folder)?.isDirectory() !== true) return folder;
    for (const { path } of treeOf(folder)) {
      const stats = this.#witness.look('owner', path);
      if (stats === undefined) continue;
      requireRootsOwn(path, stats);
      if (stats.isDirectory()) this.#checked.add(path);
      // What a link leads to is checked where it lies, all of it.
      if (stats.isSymbolicLink()) this.require(path);
    }
    return folder;
  }
}

/** As Node.js does: `node_modules` of the folder, and of each above it. */
function findDependency(folder: string, name: string): string | undefined {
  for (let above = folder; ; above = dirname(above)) {
    const place = join(above, 'node_modules', name);
    if (existsSync(place)) return place;
    if (above === dirname(above)) return undefined;
  }
}

function dependenciesOf(folder: string): readonly string[] {
  // Without a manifest that can be read, Node.js finds no dependencies either.
  const manifest = parseObject(readSmallFile(join(folder, 'package.json'), SIZE_LIMIT) ?? '') ?? {};
  return ['dependencies', 'peerDependencies', 'optionalDependencies'].flatMap((field) => {
    const list = manifest[field];
    const names = typeof list === 'object' && list !== null ? Object.keys(list) : [];
    return names.filter((name) => NAME.test(name));
  });
}
