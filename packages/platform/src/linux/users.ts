/** Who a container's command runs as, resolved from the container's own files without being led out of them. */
import type { CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';

export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  readonly home: string;
}

const ROOT: ContainerUser = { uid: 0, gid: 0, additionalGids: [], home: '/root' };

/** The greatest id that a process can have; -1 has a meaning of its own (setresuid(2)). */
const MAX_ID = 2 ** 32 - 2;

/** More than any real /etc/passwd; what is longer is cut. */
const MAX_FILE = 4 * 1024 * 1024;

/** How many links are followed before it must be a loop, as in path_resolution(7). */
const MAX_LINKS = 40;

/** What a user is without looking into the container: root, or `UID[:GID]`. Undefined for a name. */
export function userWithoutLookup(user: string): ContainerUser | undefined {
  if (user === '' || user === 'root' || user === '0') return ROOT;
  const [, uid, gid] = /^(\d+)(?::(\d+))?$/.exec(user) ?? [];
  if (uid === undefined) return undefined;
  const ids = [Number(uid), Number(gid ?? 0)] as const;
  if (ids.some((id) => id > MAX_ID)) throw userNotFound(user);
  return { uid: ids[0], gid: ids[1], additionalGids: [], home: ids[0] === 0 ? '/root' : '/' };
}

/** Resolves a name or `UID[:GID]`. @throws KleenetError USER_NOT_FOUND */
export async function resolveUser(
  commands: CommandRunner,
  rootfs: string,
  user: string,
): Promise<ContainerUser> {
  const known = userWithoutLookup(user);
  if (known !== undefined) return known;
  const passwd = await readInRoot(commands, rootfs, '/etc/passwd');
  const group = await readInRoot(commands, rootfs, '/etc/group');
  const found = findUser(user, passwd, group);
  if (found === undefined) throw userNotFound(user);
  return found;
}

/** Looks a name up in the text of passwd(5) and group(5). */
export function findUser(name: string, passwd: string, group: string): ContainerUser | undefined {
  const entry = records(passwd).find(([login]) => login === name);
  const [uid, gid] = [id(entry?.[2]), id(entry?.[3])];
  if (uid === undefined || gid === undefined) return undefined;
  const memberships = records(group).filter(([, , , members = '']) =>
    members.split(',').includes(name),
  );
  const additionalGids = memberships
    .flatMap(([, , text]) => id(text) ?? [])
    .filter((other) => other !== gid);
  return { uid, gid, additionalGids, home: entry?.[5]?.startsWith('/') === true ? entry[5] : '/' };
}

function records(text: string): readonly string[][] {
  return text.split('\n').map((line) => line.split(':'));
}

function id(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) && Number(text) <= MAX_ID
    ? Number(text)
    : undefined;
}

/** The text of a regular file of a container, empty when it has none. */
async function readInRoot(commands: CommandRunner, rootfs: string, path: string): Promise<string> {
  const resolved = await resolveInRoot(rootfs, path, (hostPath) => inspect(commands, hostPath));
  if (resolved === undefined) return '';
  const { stdout } = await commands.read(
    [
      'dd',
      `if=${resolved}`,
      'iflag=nofollow,nonblock,count_bytes',
      'bs=64K',
      `count=${MAX_FILE}`,
      'status=none',
    ],
    { accept: [0, 1] },
  );
  return stdout;
}

/** What lies at a path of the host, not following it when it is a link. */
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
  const { status, stdout } = await commands.read(
    ['find', hostPath, '-maxdepth', '0', '-printf', '%y%l'],
    { accept: [0, 1] },
  );
  if (status !== 0) return undefined;
  const type = stdout.slice(0, 1);
  if (type === 'l') return { kind: 'link', target: stdout.slice(1) };
  return { kind: KINDS[type] ?? 'other' };
}

function userNotFound(user: string): KleenetError {
  return new KleenetError('USER_NOT_FOUND', `the container has no user '${user}'`, {
    hint: "give a name from the container's /etc/passwd, or UID[:GID]",
    details: { user },
  });
}
