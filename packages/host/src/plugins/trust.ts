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
const STICKY = 0o1000n;

const ROOT = 0n;

/**
 * The path without links in it. The last component may be missing.
 *
 * @param owner - the user who may own parts of the path, besides root
 * @throws KleenetError PLUGIN_UNTRUSTED
 */
export function resolveTrusted(path: string, witness: Witness, owner: bigint = ROOT): string {
  let rest = resolve(path).split('/').slice(1);
  let current = '/';
  requireOwn(current, look(current, witness), { owner, isWhole: false });
  for (let links = 0; rest.length > 0;) {
    const [name = '', ...following] = rest;
    const next = join(current, name);
    const stats = witness.look('owner', next);
    if (stats === undefined) return join(current, ...rest);
    requireOwn(next, stats, { owner, isWhole: following.length === 0 });
    if (!stats.isSymbolicLink()) {
      current = next;
      rest = following;
      continue;
    }
    if (++links > LINK_LIMIT)
      throw untrusted(path, 'leads through too many symbolic links', elsewhere(owner));
    const target = readlinkSync(next);
    if (isAbsolute(target)) current = '/';
    // `current` has no links in it, so `..` can be resolved lexically.
    rest = [...target.split('/').filter((word) => word !== '' && word !== '.'), ...following];
  }
  return current;
}

function look(path: string, witness: Witness): BigIntStats {
  const stats = witness.look('owner', path);
  if (stats === undefined) throw untrusted(path, 'cannot be looked at', elsewhere(ROOT));
  return stats;
}

/** A file or directory of a plugin. @throws KleenetError PLUGIN_UNTRUSTED */
export function requireRootsOwn(path: string, stats: BigIntStats): void {
  requireOwn(path, stats, { owner: ROOT, isWhole: true });
}

interface Wanted {
  readonly owner: bigint;
  /** Whether all below the path belongs to the plugin; what lies above a plugin is often shared on purpose. */
  readonly isWhole: boolean;
}

function requireOwn(path: string, stats: BigIntStats, { owner, isWhole }: Wanted): void {
  if (stats.uid !== ROOT && stats.uid !== owner) {
    const hint = isWhole
      ? `if its contents are yours, run: chown -hR ${owner === ROOT ? 'root' : String(owner)} ${path}`
      : elsewhere(owner);
    throw untrusted(path, `belongs to the user ${stats.uid}`, hint);
  }
  // The mode of a link is irrelevant: a link is changed by replacing it.
  if (stats.isSymbolicLink() || (stats.mode & WRITABLE_BY_OTHERS) === 0n) return;
  const mode = (stats.mode & 0o7777n).toString(8);
  const others = owner === ROOT ? 'users other than root' : 'other users';
  throw untrusted(
    path,
    `is writable by ${others} (mode ${mode})`,
    writableHint(path, stats, { owner, isWhole }),
  );
}

/** A directory such as /tmp must stay as it is. */
function writableHint(path: string, { mode }: BigIntStats, { owner, isWhole }: Wanted): string {
  if ((mode & STICKY) !== 0n) return elsewhere(owner);
  if (isWhole) return `if its contents are yours, run: chmod -R go-w ${path}`;
  return `${elsewhere(owner)}; or, unless others are to write there, run: chmod go-w ${path}`;
}

function elsewhere(owner: bigint): string {
  return owner === ROOT
    ? 'move the plugin to where only root can write, such as below /root'
    : 'move the plugin to where only you can write, such as below your home directory';
}

function untrusted(path: string, problem: string, hint: string): KleenetError {
  return new KleenetError('PLUGIN_UNTRUSTED', `${path} ${problem}`, { hint, details: { path } });
}
