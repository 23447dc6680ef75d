/** Plugins that are used from a directory elsewhere, by a link in a plugin directory. */
import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** klee's private folder in a plugin directory. */
export const OWN = '.klee';

/** A link that klee made leads to this one, which leads out; the manifest at that time is beside it. */
export const WAY_OUT = 'plugin';

export interface PluginLink {
  /** Where it ends, whether or not anything is there. */
  readonly target: string;
  /** The manifest of the plugin when it was linked; undefined for a link that klee has not made. */
  readonly record: string | undefined;
}

/** As many links as the kernel follows (path_resolution(7)). */
const LINK_LIMIT = 40;

/**
 * The link of an entry of a plugin directory that leads out of it. Undefined for what lies inside: klee's own links to
 * what it has installed stay inside.
 */
export function linkOf(place: string, entry: string): PluginLink | undefined {
  let end = entry;
  let record: string | undefined;
  for (let links = 0; links < LINK_LIMIT && isLink(end); links++) {
    if (isBelow(join(place, OWN), end)) record = join(dirname(end), 'package.json');
    end = resolve(dirname(end), readlinkSync(end));
  }
  return end === entry || isBelow(place, end) ? undefined : { target: end, record };
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch (error) {
    // Gone, or in a directory that this user may not search.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

function isBelow(folder: string, path: string): boolean {
  return !relative(folder, path).startsWith('..');
}
