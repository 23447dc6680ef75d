/** What the probe must say of a container as klee makes it. Pure. */

const ALLOWED_FAMILIES = ['1', '2', '10', '16', '17'];

/** The first rule whose pattern matches says what is expected; without one, anything is. */
const EXPECTED: readonly (readonly [pattern: RegExp, expected: string])[] = [
  [/^call clone3$|^32-bit call socketcall$|^call of x32$/, 'ENOSYS'],
  [/^(32-bit )?call |^clone /, 'EPERM'],
  [new RegExp(`^socket (${ALLOWED_FAMILIES.join('|')})$`), 'EINVAL'],
  [new RegExp(`^socketpair (${ALLOWED_FAMILIES.join('|')})$`), 'EFAULT'],
  [/^socket/, 'EAFNOSUPPORT'],
  [/^CAP_FSETID$/, '0o2000'],
  [/^CAP_|^ping of a user$|^low port of a user$/, 'ok'],
  [/^setuid program$/, '1000'],
  [/^device$/, 'EPERM'],
  [/^write /, 'EROFS'],
  [/^namespace /, 'own'],
  [/^network$/, 'True'],
  [/^hostname$/, 'subject'],
];

/** What the probe says of 32-bit programs, which not every kernel runs. */
export const NATIVE_ONLY = '32-bit programs';

/** What the settings of the host decide. */
const ANY = 'anything';

/** By driver: what differs from the rest. */
const OTHERWISE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ipnet: { CAP_NET_RAW: 'EPERM' },
  host: {
    CAP_NET_RAW: 'EPERM',
    'namespace net': 'of the host',
    'low port of a user': 'EACCES',
    'ping of a user': ANY,
  },
};

export function unexpected(
  driver: string,
  said: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(said).flatMap(([name, found]) => {
    if (name.startsWith('32-bit call') && said[NATIVE_ONLY] !== 'ok') return [];
    if (name.startsWith('write') && found === 'ENOENT') return [];
    const usual = EXPECTED.find(([pattern]) => pattern.test(name))?.[1];
    const expected = OTHERWISE[driver]?.[name] ?? usual;
    if (expected === undefined || expected === ANY || expected === found) return [];
    return [`${name}: ${found} instead of ${expected}`];
  });
}
