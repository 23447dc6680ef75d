/** The user of a container's command, from the request and the container's own files. Pure. */
import { KleenetError } from '@kleenet/core/errors';

export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  readonly home: string;
}

const ROOT: ContainerUser = { uid: 0, gid: 0, additionalGids: [], home: '/root' };

/** The greatest id of a process; -1 has a special meaning (setresuid(2)). */
const MAX_ID = 2 ** 32 - 2;

/** A user that is known without looking into the container: root, or `UID[:GID]`. Undefined for a name. */
export function userWithoutLookup(user: string): ContainerUser | undefined {
  if (user === '' || user === 'root' || user === '0') return ROOT;
  const [, uid, gid] = /^(\d+)(?::(\d+))?$/.exec(user) ?? [];
  if (uid === undefined) return undefined;
  const ids = [Number(uid), Number(gid ?? 0)] as const;
  if (ids.some((each) => each > MAX_ID)) throw userNotFound(user);
  return { uid: ids[0], gid: ids[1], additionalGids: [], home: ids[0] === 0 ? '/root' : '/' };
}

/** Looks a name up in the text of passwd(5) and group(5). */
export function findUser(name: string, passwd: string, group: string): ContainerUser | undefined {
  return userOf(
    records(passwd).find(([login]) => login === name),
    group,
  );
}

/**
 * Adds the container's data to `UID[:GID]`: the home of that user, and its groups, unless a group is given. A number
 * without an entry in passwd is valid, and has the group 0, as with other runtimes.
 */
export function completeUser(
  user: string,
  numbers: ContainerUser,
  passwd: string,
  group: string,
): ContainerUser {
  const entry = records(passwd).find(([, , owner]) => id(owner) === numbers.uid);
  const found = userOf(entry, group);
  if (found === undefined) return numbers;
  return user.includes(':') ? { ...numbers, home: found.home } : found;
}

/** The user of a record of passwd(5). */
function userOf(entry: readonly string[] | undefined, group: string): ContainerUser | undefined {
  const [name = ''] = entry ?? [];
  const [uid, gid] = [id(entry?.[2]), id(entry?.[3])];
  if (uid === undefined || gid === undefined) return undefined;
  const memberships = records(group).filter(
    ([, , , members = '']) => name !== '' && members.split(',').includes(name),
  );
  const additionalGids = memberships
    .flatMap(([, , text]) => id(text) ?? [])
    .filter((other) => other !== gid);
  return { uid, gid, additionalGids, home: entry?.[5]?.startsWith('/') === true ? entry[5] : '/' };
}

/** Valid user names; other texts in a container's passwd are not passed on. */
const LOGIN = /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/;

/** The name of the user with a `UID`, or with `UID:GID`, in the text of passwd(5). */
export function findUserById(ids: string, passwd: string): string | undefined {
  const [uid, gid] = ids.split(':').map(Number);
  const entry = records(passwd).find(
    ([login = '', , owner, group]) =>
      LOGIN.test(login) && id(owner) === uid && (gid === undefined || id(group) === gid),
  );
  return entry?.[0];
}

function records(text: string): readonly string[][] {
  return text.split('\n').map((line) => line.split(':'));
}

function id(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) && Number(text) <= MAX_ID
    ? Number(text)
    : undefined;
}

/** The error for a user that the container does not have. */
export function userNotFound(user: string): KleenetError {
  return new KleenetError('USER_NOT_FOUND', `the container has no user '${user}'`, {
    hint: "give a name from the container's /etc/passwd, or UID[:GID]",
    details: { user },
  });
}
