/**
 * Code that root may run: only files that only root can change.
 *
 * Every component of a path is checked, from the top: each must belong to root and be writable by root only, links
 * included. Then only root can change it between the check and the load. A sticky directory such as /tmp does not
 * suffice: other users can put a `node_modules` in it, which Node.js searches.
 */
import { readlinkSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { BigIntStats } from 'node:fs';
import { KleenetError } from '@kleenet/core/errors';
import type { Witness } from './witness.ts';

/** As many links as the kernel follows (path_resolution(7)). */
const LINK_LIMIT = 40;

const WRITABLE_BY_OTHERS = 0o022n;

/**
 * The path without links in it. The last component may be missing.
 * @throws KleenetError PLUGIN_UNTRUSTED
 */
export function resolveTrusted(path: string, witness: Witness): string {
  let rest = resolve(path).split('/').slice(1);
  let current = '/';
  requireRootsOwn(current, look(current, witness));
  for (let links = 0; rest.length > 0;) {
    const [name = '', ...following] = rest;
    const next = join(current, name);
    const stats = witness.look('owner', next);
    if (stats === undefined) return join(current, ...rest);
    requireRootsOwn(next, stats);
    if (!stats.isSymbolicLink()) {
      current = next;
      rest = following;
      continue;
    }
    if (++links > LINK_LIMIT) throw untrusted(path, 'leads through too many symbolic links', '');
    const target = readlinkSync(next);
    if (isAbsolute(target)) current = '/';
    // `current` has no links in it, so `..` can be resolved lexically.
    rest = [...target.split('/').filter((word) => word !== '' && word !== '.'), ...following];
  }
  return current;
}

function look(path: string, witness: Witness): BigIntStats {
  const stats = witness.look('owner', path);
  if (stats === undefined) throw untrusted(path, 'cannot be looked at', '');
  return stats;
}

/** @throws KleenetError PLUGIN_UNTRUSTED */
export function requireRootsOwn(path: string, stats: BigIntStats): void {
  if (stats.uid !== 0n) {
    throw untrusted(
      path,
      `belongs to the user ${stats.uid}`,
      `if its contents are yours, run: chown -hR root ${path}`,
    );
  }
  // The mode of a link is irrelevant: a link is changed by replacing it.
  if (stats.isSymbolicLink() || (stats.mode & WRITABLE_BY_OTHERS) === 0n) return;
  const mode = (stats.mode & 0o7777n).toString(8);
  throw untrusted(
    path,
    `is writable by users other than root (mode ${mode})`,
    `if its contents are yours, run: chmod -R go-w ${path}`,
  );
}

function untrusted(path: string, problem: string, hint: string): KleenetError {
  return new KleenetError('PLUGIN_UNTRUSTED', `${path} ${problem}`, {
    hint: hint === '' ? 'move the plugin where only root can write' : hint,
    details: { path },
  });
}
