/** The failures that FreeBSD's programs are known for: what they say, what it means, and what to do next. */
import type { ErrorCode } from '@kleenet/core';

/** Why a command failed, in words that do not depend on the program that said so. */
export type FailureReason =
  | 'address-gone'
  | 'addresses-clash'
  | 'anchor-gone'
  | 'bridge-busy'
  | 'busy'
  | 'command-missing'
  | 'command-not-executable'
  | 'denied'
  | 'disk-full'
  | 'file-gone'
  | 'hook-failed'
  | 'interface-exists'
  | 'interface-gone'
  | 'jail-dying'
  | 'jail-exists'
  | 'jail-gone'
  | 'member-exists'
  | 'member-gone'
  | 'module-missing'
  | 'mtu-invalid'
  | 'mtu-mismatch'
  | 'name-invalid'
  | 'name-taken'
  | 'network-unreachable'
  | 'no-cloner'
  | 'no-process'
  | 'not-a-clone'
  | 'not-a-member'
  | 'not-in-jail'
  | 'not-mounted'
  | 'option-unknown'
  | 'parameter-fixed'
  | 'parameter-invalid'
  | 'path-missing'
  | 'pf-disabled'
  | 'pf-enabled'
  | 'pf-missing'
  | 'route-exists'
  | 'route-gone'
  | 'rules-invalid'
  | 'stack-mismatch'
  | 'table-gone'
  | 'unknown-oid'
  | 'unknown-parameter'
  | 'user-missing'
  | 'value-invalid';

export interface Failure {
  /** Who says it; `any` for what every program may say. */
  readonly program: string;
  /** Found in what it wrote to standard error or, as route(8) does, to standard output. */
  readonly pattern: RegExp;
  readonly reason: FailureReason;
  readonly code: ErrorCode;
  readonly hint: string;
}

const FAILED = 'PLATFORM_COMMAND_FAILED';
const LIST_INTERFACES = 'see what the host has: ifconfig -a';
const LIST_JAILS = 'see which jails there are: jls -d jid name dying';
const CHANGED = `the host was changed meanwhile: try again, and ${LIST_INTERFACES}`;
const PARAMETERS = 'see jail(8) for the parameters of a jail, and check what --jailparam says';

const IFCONFIG: readonly Failure[] = [
  {
    program: 'ifconfig',
    pattern: /interface .+ does not exist/,
    reason: 'interface-gone',
    code: 'INTERFACE_NOT_FOUND',
    hint: LIST_INTERFACES,
  },
  {
    program: 'ifconfig',
    pattern: /interface .+ already exists/,
    reason: 'interface-exists',
    code: 'INTERFACE_IN_USE',
    hint: LIST_INTERFACES,
  },
  {
    program: 'ifconfig',
    pattern: /(?:SIOCSIFNAME \(set name\)|SIOCSIFVNET): File exists/,
    reason: 'name-taken',
    code: 'INTERFACE_IN_USE',
    hint: 'another interface has the name: choose another one with --interface, or rename the other',
  },
  {
    program: 'ifconfig',
    pattern: /SIOCSIFNAME \(set name\): (?:File name too long|Invalid argument)/,
    reason: 'name-invalid',
    code: 'INVALID_NAME',
    hint: 'use 1 to 15 letters, digits, "_", "." and "-"',
  },
  {
    program: 'ifconfig',
    pattern: /SIOCIFCREATE2? \(.*\): Invalid argument/,
    reason: 'no-cloner',
    code: 'FEATURE_UNSUPPORTED',
    hint: 'load the kernel module that makes such interfaces: kldload if_bridge if_epair',
  },
  {
    program: 'ifconfig',
    pattern: /SIOCIFDESTROY: (?:Invalid argument|Device not configured)/,
    reason: 'not-a-clone',
    code: FAILED,
    hint: 'this interface cannot be destroyed, or not from where it is; nothing was changed',
  },
  {
    program: 'ifconfig',
    pattern: /SIOCSIFRVNET\(.*\): Device not configured/,
    reason: 'not-in-jail',
    code: FAILED,
    hint: 'the jail does not have this interface: it has left already',
  },
  {
    program: 'ifconfig',
    pattern: /SIOCDIFADDR\w*\)?: Can't assign requested address/,
    reason: 'address-gone',
    code: FAILED,
    hint: LIST_INTERFACES,
  },
  {
    program: 'ifconfig',
    pattern: /BRDGADD .*: File exists/,
    reason: 'member-exists',
    code: FAILED,
    hint: CHANGED,
  },
  {
    program: 'ifconfig',
    pattern: /BRDGADD .*: No such file or directory/,
    reason: 'member-gone',
    code: 'INTERFACE_NOT_FOUND',
    hint: CHANGED,
  },
  {
    program: 'ifconfig',
    pattern: /BRDGADD .*: (?:Device|Resource) busy/,
    reason: 'bridge-busy',
    code: 'INTERFACE_IN_USE',
    hint: 'the interface is a member of another bridge: take it out of that with ifconfig BRIDGE deletem',
  },
  {
    program: 'ifconfig',
    pattern: /BRDGADD .*: Invalid argument/,
    reason: 'mtu-mismatch',
    code: FAILED,
    hint: 'a member must be an Ethernet interface with the MTU of its bridge: compare them with ifconfig',
  },
  {
    program: 'ifconfig',
    pattern: /BRDGDEL .*: No such file or directory|unable to get bridge flags/,
    reason: 'not-a-member',
    code: FAILED,
    hint: CHANGED,
  },
  {
    program: 'ifconfig',
    pattern: /SIOCSIFMTU \(set mtu\): Invalid argument/,
    reason: 'mtu-invalid',
    code: 'INVALID_ARGUMENT',
    hint: 'the interface does not take this MTU: choose another one with --mtu, 1280 to 9000 suits most',
  },
  {
    program: 'ifconfig',
    pattern: /illegal option/,
    reason: 'option-unknown',
    code: 'PLATFORM_UNSUPPORTED',
    hint: 'klee needs FreeBSD 13.2 or later, with an ifconfig(8) of the same release as the kernel',
  },
  {
    program: 'ifconfig',
    pattern: /bad value|SIOCAIFADDR\w*\)?: Invalid argument|SIOCSIFLLADDR.*: Invalid argument/,
    reason: 'value-invalid',
    code: 'INVALID_ARGUMENT',
    hint: 'the host does not take this address: see ifconfig(8) for what it takes',
  },
];

const JAIL: readonly Failure[] = [
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

const JEXEC: readonly Failure[] = [
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
    hint: 'the file in the container is no program for this host: see its mode and its first line',
  },
  {
    program: 'jexec',
    pattern: /jexec: .*: no such user/,
    reason: 'user-missing',
    code: 'USER_NOT_FOUND',
    hint: "name a user that the container's /etc/passwd has",
  },
];

const JLS: readonly Failure[] = [
  {
    program: 'jls',
    pattern: /unknown parameter/,
    reason: 'unknown-parameter',
    code: 'PLATFORM_UNSUPPORTED',
    hint: 'klee needs FreeBSD 13.2 or later with IPv4, IPv6 and VIMAGE in its kernel',
  },
];

const ROUTE: readonly Failure[] = [
  {
    program: 'route',
    pattern: /route already in table/,
    reason: 'route-exists',
    code: FAILED,
    hint: 'see which routes there are: netstat -rn',
  },
  {
    program: 'route',
    pattern: /not in table|route has not been found/,
    reason: 'route-gone',
    code: FAILED,
    hint: 'see which routes there are: netstat -rn',
  },
  {
    program: 'route',
    pattern: /Network is unreachable/,
    reason: 'network-unreachable',
    code: FAILED,
    hint: 'the gateway must be an address of a subnet that the interface has',
  },
];

const PFCTL: readonly Failure[] = [
  {
    program: 'pfctl',
    pattern: /pf not enabled/,
    reason: 'pf-disabled',
    code: 'FIREWALL_UNAVAILABLE',
    hint: 'turn pf on: service pf onestart, and pf_enable="YES" in /etc/rc.conf',
  },
  {
    program: 'pfctl',
    pattern: /pf already enabled/,
    reason: 'pf-enabled',
    code: FAILED,
    hint: 'nothing is to be done',
  },
  {
    program: 'pfctl',
    pattern: /\/dev\/pf: No such file or directory/,
    reason: 'pf-missing',
    code: 'FIREWALL_UNAVAILABLE',
    hint: 'load pf: kldload pf, and pf_enable="YES" in /etc/rc.conf',
  },
  {
    program: 'pfctl',
    pattern: /Anchor (?:or Ruleset )?does not exist|DIOCGETRULES: Invalid argument/,
    reason: 'anchor-gone',
    code: FAILED,
    hint: 'see which anchors there are: pfctl -s Anchors -v',
  },
  {
    program: 'pfctl',
    pattern: /Table does not exist|Unknown error: -1/,
    reason: 'table-gone',
    code: FAILED,
    hint: 'load the rules anew: klee system repair',
  },
  {
    program: 'pfctl',
    pattern:
      /syntax error|macro '.*' not defined|Rules must be in order|could not parse host|cannot open the main config/i,
    reason: 'rules-invalid',
    code: FAILED,
    hint: 'pf refused the rules, and the old ones are still in force',
  },
  {
    program: 'pfctl',
    pattern: /DIOC\w+: Device busy/,
    reason: 'busy',
    code: FAILED,
    hint: 'another program changes the rules of pf: try again',
  },
];

/** Whichever program is told to go to a jail. */
const JAIL_STATES: readonly Failure[] = [
  {
    program: 'any',
    pattern: /jail (?:"[^"]*"|\d+) not found|Invalid jail/,
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

const OTHERS: readonly Failure[] = [
  {
    program: 'umount',
    pattern:
      /umount: .*(?:not a (?:currently mounted )?file ?system|not currently mounted|statfs|No such file or directory|Invalid argument)/i,
    reason: 'not-mounted',
    code: FAILED,
    hint: 'see what is mounted: mount',
  },
  {
    program: 'umount',
    pattern: /umount: .*Device busy/,
    reason: 'busy',
    code: FAILED,
    hint: 'a process still uses the file system: fstat says which',
  },
  {
    program: 'kldload',
    pattern: /can't load .*: (?:No such file or directory|Exec format error)|error occurred/,
    reason: 'module-missing',
    code: 'FEATURE_UNSUPPORTED',
    hint: 'the kernel neither has this nor a module for it: see loader.conf(5)',
  },
  {
    program: 'sysctl',
    pattern: /unknown oid/,
    reason: 'unknown-oid',
    code: 'FEATURE_UNSUPPORTED',
    hint: 'the kernel does not have this setting: klee needs FreeBSD 13.2 or later',
  },
  {
    program: 'ps',
    pattern: /^ *PID\b.*\n?$/,
    reason: 'no-process',
    code: 'CONTAINER_NOT_RUNNING',
    hint: LIST_JAILS,
  },
  {
    program: 'any',
    pattern:
      /No space left on device|Disc quota exceeded|Disk quota exceeded|file ?system is full/i,
    reason: 'disk-full',
    code: 'DISK_FULL',
    hint: 'make room in the state directory: klee system df shows what it holds',
  },
  {
    program: 'any',
    pattern: /Operation not permitted|Permission denied|must be (?:super-?user|root)/i,
    reason: 'denied',
    code: 'PERMISSION_DENIED',
    hint: `run klee as root, or set KLEE_COMMAND_PREFIX='["doas"]'; inside a jail much of this is never allowed`,
  },
  {
    program: 'any',
    pattern: /No such file or directory/,
    reason: 'file-gone',
    code: FAILED,
    hint: 'a file or directory is missing: run klee system check',
  },
];

/** All of them; the first that fits counts. */
export const FAILURES: readonly Failure[] = [
  ...IFCONFIG,
  ...JAIL,
  ...JEXEC,
  ...JLS,
  ...ROUTE,
  ...PFCTL,
  ...JAIL_STATES,
  ...OTHERS,
];
