/** The user of a container's command, resolved from the container's own files without following links out of them. */
import type { CommandRunner } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { completeUser, findUser, userNotFound, userWithoutLookup } from '../container/user.ts';
import type { ContainerUser } from '../container/user.ts';
import { stderrOf } from '../runner/failures.ts';
import { scriptArgv } from '../runner/script.ts';
import { READ } from './scripts/embedded.ts';

/** Larger than any real /etc/passwd; the rest is cut. */
const MAX_FILE = 4 * 1024 * 1024;

/** The maximum number of links before a loop is assumed, as in path_resolution(7). */
const MAX_LINKS = 40;

/** Resolves a name or `UID[:GID]`. @throws KleenetError USER_NOT_FOUND */
export async function resolveUser(
  commands: CommandRunner,
  rootfs: string,
  user: string,
): Promise<ContainerUser> {
  const known = userWithoutLookup(user);
  if (known?.uid === 0 && known.gid === 0) return known;
  const passwd = await readInRoot(commands, rootfs, '/etc/passwd');
  const group = await readInRoot(commands, rootfs, '/etc/group');
  const found =
    known === undefined ? findUser(user, passwd, group) : completeUser(user, known, passwd, group);
  if (found === undefined) throw userNotFound(user);
  return found;
}

/** The text of a regular file of a container, empty when it has none. */
async function readInRoot(commands: CommandRunner, rootfs: string, path: string): Promise<string> {
  const resolved = await resolveInRoot(rootfs, path, (hostPath) => inspect(commands, hostPath));
  if (resolved === undefined) return '';
  const inside = resolved.slice(rootfs.length + 1).split('/');
  const [name = ''] = inside.slice(-1);
  const directory = inside.slice(0, -1).join('/');
  const words = [rootfs, directory, name, String(MAX_FILE)];
  const { status, stdout } = await commands.read(scriptArgv(READ, words), {
    accept: [0, 3],
  });
  return status === 0 ? stdout : '';
}

/** The type of a path on the host; a link is not followed. */
export type PathEntry =
  | { readonly kind: 'file' | 'directory' | 'other' }
  | { readonly kind: 'link'; readonly target: string };

/**
 * Resolves a path as if `root` were `/`: links, absolute and relative ones, and `..` stay inside.
 * @returns the host's path of a regular file, or undefined
 */
export async function resolveInRoot(
  root: string,
  path: string,
  look: (hostPath: string) => Promise<PathEntry | undefined>,
): Promise<string | undefined> {
  let pending = path.split('/').filter(Boolean);
  let resolved: string[] = [];
  let links = 0;
  while (pending.length > 0) {
    const [name = '', ...rest] = pending;
    pending = rest;
    if (name === '.') continue;
    if (name === '..') {
      resolved = resolved.slice(0, -1);
      continue;
    }
    const entry = await look([root, ...resolved, name].join('/'));
    if (entry === undefined) return undefined;
    if (entry.kind === 'link') {
      if (++links > MAX_LINKS) return undefined;
      if (entry.target.startsWith('/')) resolved = [];
      pending = [...entry.target.split('/').filter(Boolean), ...pending];
      continue;
    }
    if (entry.kind !== (pending.length === 0 ? 'file' : 'directory')) return undefined;
    resolved = [...resolved, name];
  }
  return resolved.length === 0 ? undefined : [root, ...resolved].join('/');
}

const KINDS: Readonly<Record<string, 'file' | 'directory'>> = { f: 'file', d: 'directory' };

async function inspect(commands: CommandRunner, hostPath: string): Promise<PathEntry | undefined> {
  try {
    const argv = ['find', hostPath, '-maxdepth', '0', '-printf', '%y%l'] as const;
    const { stdout } = await commands.read(argv);
    const type = stdout.slice(0, 1);
    if (type === 'l') return { kind: 'link', target: stdout.slice(1) };
    return { kind: KINDS[type] ?? 'other' };
  } catch (error) {
    if (hasCode(error, 'PLATFORM_COMMAND_FAILED') && ABSENT.test(stderrOf(error))) return undefined;
    throw error;
  }
}

const ABSENT = /No such file or directory|Not a directory|Too many levels of symbolic links/;
