/** The code that a plugin loads: its package and its dependencies. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseObject } from '../json.ts';
import { readSmallFile } from '../small-file.ts';
import { treeOf } from './tree.ts';
import { requireRootsOwn, resolveTrusted } from './trust.ts';
import { Witness } from './witness.ts';

const SIZE_LIMIT = 1024 * 1024;

/** A dependency that Node.js resolves by name, not by path. */
const NAME = /^(?:@[\w.-]+\/)?[\w-][\w.-]*$/;

/**
 * Checks, file by file, that only root can change the code that a plugin loads.
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

/** Checks folders recursively, each once. */
class TrustedTrees {
  readonly #witness = new Witness();
  readonly #checked = new Set<string>();

  /** Returns the path without links. @throws KleenetError PLUGIN_UNTRUSTED */
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
      // The target of a link is checked at its own path, completely.
      if (stats.isSymbolicLink()) this.require(path);
    }
    return folder;
  }
}

/** Like Node.js: `node_modules` of the folder, and of each above it. */
function findDependency(folder: string, name: string): string | undefined {
  for (let above = folder; ; above = dirname(above)) {
    const place = join(above, 'node_modules', name);
    if (existsSync(place)) return place;
    if (above === dirname(above)) return undefined;
  }
}

function dependenciesOf(folder: string): readonly string[] {
  // Without a readable manifest, Node.js finds no dependencies either.
  const manifest = parseObject(readSmallFile(join(folder, 'package.json'), SIZE_LIMIT) ?? '') ?? {};
  return ['dependencies', 'peerDependencies', 'optionalDependencies'].flatMap((field) => {
    const list = manifest[field];
    const names = typeof list === 'object' && list !== null ? Object.keys(list) : [];
    return names.filter((name) => NAME.test(name));
  });
}
