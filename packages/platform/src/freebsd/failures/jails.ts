/** Messages of jail(8), jexec(8) and jls(8), and of other programs that enter a jail. */
import type { Failure } from './failure.ts';

const FAILED = 'PLATFORM_COMMAND_FAILED';
const LIST_JAILS = 'list the jails: jls -d jid name dying';
const PARAMETERS = 'see jail(8) for the parameters of a jail, and check what --jailparam says';

export const JAIL_FAILURES: readonly Failure[] = [
  {
    program: 'jail',
    pattern: /^jail: .*: failed$/m,
    reason: 'hook-failed',
    code: FAILED,
    hint: 'a command that jail(8) runs for the jail failed; what it said is above',
  },
  {
    program: 'jail',
    pattern: /"[^"]*" already exists/,
    reason: 'jail-exists',
    code: FAILED,
    hint: `a jail of this name is there that klee did not expect: ${LIST_JAILS}`,
  },
  {
    program: 'jail',
    pattern: /addresses clash/,
    reason: 'addresses-clash',
    code: 'ADDRESS_IN_USE',
    hint: 'another jail has one of the addresses: jls -h name ip4.addr ip6.addr',
  },
  {
    program: 'jail',
    pattern: /"[^"]*" not found/,
    reason: 'jail-gone',
    code: 'CONTAINER_NOT_RUNNING',
    hint: LIST_JAILS,
  },
  {
    program: 'jail',
    pattern: /unknown parameter/,
    reason: 'unknown-parameter',
    code: 'INVALID_ARGUMENT',
    hint: PARAMETERS,
  },
  {
    program: 'jail',
    pattern: /cannot be changed after creation|cannot redefine parameter/,
    reason: 'parameter-fixed',
    code: FAILED,
    hint: 'stop and start the container: this cannot be changed while its jail is there',
  },
  {
    program: 'jail',
    pattern: /vnet jails cannot have IP address restrictions/,
    reason: 'stack-mismatch',
    code: FAILED,
    hint: 'the jail has a network stack of its own, and no list of addresses: stop and start the container',
  },
  {
    program: 'jail',
    pattern: /path .*: No such file or directory/,
    reason: 'path-missing',
    code: FAILED,
    hint: 'the file system of the container is gone from the state directory: run klee system check',
  },
  {
    program: 'jail',
    pattern: /not an IPv[46] address|unknown jailsys value|jail_set: Invalid argument/,
    reason: 'value-invalid',
    code: 'INVALID_ARGUMENT',
    hint: PARAMETERS,
  },
  {
    program: 'jail',
    pattern: /must persist or attach|no jail specified|cannot be numeric/,
    reason: 'parameter-invalid',
    code: 'INVALID_ARGUMENT',
    hint: PARAMETERS,
  },
];

export const JEXEC_FAILURES: readonly Failure[] = [
  {
    program: 'jexec',
    pattern: /jexec: execvp: .*: No such file or directory/,
    reason: 'command-missing',
    code: 'COMMAND_NOT_FOUND',
    hint: 'the container has no such program: use an image that has it',
  },
  {
    program: 'jexec',
    pattern: /jexec: execvp: .*: (?:Permission denied|Exec format error)/,
    reason: 'command-not-executable',
    code: 'COMMAND_NOT_EXECUTABLE',
    hint: 'the file in the container is not a program for this host: see its mode and its first line',
  },
  {
    program: 'jexec',
    pattern: /jexec: .*: no such user/,
    reason: 'user-missing',
    code: 'USER_NOT_FOUND',
    hint: "name a user that the container's /etc/passwd has",
  },
];

export const JLS_FAILURES: readonly Failure[] = [
  {
    program: 'jls',
    pattern: /unknown parameter/,
    reason: 'unknown-parameter',
    code: 'PLATFORM_UNSUPPORTED',
    hint: 'klee needs FreeBSD 13.2 or later with IPv4, IPv6 and VIMAGE in its kernel',
  },
];

/** Any program that enters a jail. */
export const JAIL_STATE_FAILURES: readonly Failure[] = [
  {
    program: 'any',
    pattern: /[Jj]ail (?:"[^"]*" |\d+ )?not found|Invalid jail/,
    reason: 'jail-gone',
    code: 'CONTAINER_NOT_RUNNING',
    hint: LIST_JAILS,
  },
  {
    program: 'any',
    pattern: /jail (?:"[^"]*"|\d+) is dying/,
    reason: 'jail-dying',
    code: 'CONTAINER_NOT_RUNNING',
    hint: 'closed connections keep a jail for about a minute: try again then',
  },
];
