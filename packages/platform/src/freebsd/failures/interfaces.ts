/** Messages of ifconfig(8) and route(8). */
import type { Failure } from './failure.ts';

const FAILED = 'PLATFORM_COMMAND_FAILED';
const LIST_INTERFACES = 'see what the host has: ifconfig -a';
const CHANGED = `the host was changed meanwhile: try again, and ${LIST_INTERFACES}`;

export const IFCONFIG_FAILURES: readonly Failure[] = [
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
    pattern: /SIOCIFCREATE2? \(.*\): No space left on device/,
    reason: 'no-such-number',
    code: FAILED,
    hint: `interfaces have numbers up to 32767: ${LIST_INTERFACES}`,
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

export const ROUTE_FAILURES: readonly Failure[] = [
  {
    program: 'route',
    pattern: /route already in table/,
    reason: 'route-exists',
    code: FAILED,
    hint: 'list the routes: netstat -rn',
  },
  {
    program: 'route',
    pattern: /not in table|route has not been found/,
    reason: 'route-gone',
    code: FAILED,
    hint: 'list the routes: netstat -rn',
  },
  {
    program: 'route',
    pattern: /Network is unreachable/,
    reason: 'network-unreachable',
    code: FAILED,
    hint: 'the gateway must be an address of a subnet that the interface has',
  },
];
