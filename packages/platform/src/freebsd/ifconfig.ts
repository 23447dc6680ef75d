/** Typed wrapper around ifconfig(8): its output, and the commands that change interfaces. */
import type { Argv, CommandRunner, Family, IpAddress } from '@kleenet/core';
import { GROUP } from './names.ts';
import { read } from './run.ts';

/** An interface; only the fields that klee reads. */
export interface Interface {
  readonly name: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  /** Empty when it has none. */
  readonly description: string;
  /** The MAC address; empty when it has none. */
  readonly ether: string;
  /** The original MAC address, if it was changed; empty otherwise. */
  readonly hardware: string;
  /**
   * Whether this entry merges several interfaces of one name: ifconfig(8) shows them as one, the first with data of the
   * others.
   */
  readonly several: boolean;
  readonly groups: readonly string[];
  /** Without link-local ones, which every interface makes for itself. */
  readonly addresses: readonly InterfaceAddress[];
  /** Of a bridge. */
  readonly members: readonly BridgeMember[];
  /** The flags of neighbour discovery, such as `IFDISABLED`. */
  readonly nd6: readonly string[];
}

export interface InterfaceAddress {
  readonly family: Family;
  readonly address: IpAddress;
  readonly prefix: number;
  /** In duplicate address detection, and not usable yet. */
  readonly tentative: boolean;
  /** A duplicate of another host's address; it never becomes usable. */
  readonly duplicated: boolean;
  /** Not for new connections (RFC 4862, section 5.5.4). */
  readonly deprecated: boolean;
}

interface BridgeMember {
  readonly name: string;
  readonly flags: readonly string[];
}

interface Reading {
  readonly signal?: AbortSignal;
  /** As in `CommandOptions`. */
  readonly shared?: boolean;
}

/** All interfaces of the host. */
export async function readInterfaces(
  commands: CommandRunner,
  options: Reading = {},
): Promise<readonly Interface[]> {
  const { stdout } = await read(commands, ['ifconfig', '-a'], options);
  return parseInterfaces(stdout);
}

/** One interface of the host, or undefined when there is none of this name. */
export async function readInterface(
  commands: CommandRunner,
  name: string,
  options: Reading = {},
): Promise<Interface | undefined> {
  const { reason, stdout } = await read(commands, ['ifconfig', name], {
    ...options,
    tolerate: ['interface-gone'],
  });
  return reason === undefined ? parseInterfaces(stdout)[0] : undefined;
}

const HEAD = /^(?<name>\S.*?): flags=[0-9a-f]+(?:<(?<flags>[^>]*)>)?.* mtu (?<mtu>\d+)/;

/** The interfaces in what `ifconfig` prints, whichever form of addresses `-f` asked for. */
export function parseInterfaces(text: string): readonly Interface[] {
  const blocks: string[][] = [];
  for (const line of text.split('\n')) {
    if (HEAD.test(line)) blocks.push([line]);
    else if (/^\s/.test(line)) blocks.at(-1)?.push(line.trim());
  }
  return blocks.map(parseBlock);
}

function parseBlock([head = '', ...lines]: readonly string[]): Interface {
  const { name = '', flags, mtu } = HEAD.exec(head)?.groups ?? {};
  const after = (label: string): string =>
    lines.find((line) => line.startsWith(label))?.slice(label.length) ?? '';
  return {
    name,
    flags: list(flags, ','),
    mtu: Number(mtu),
    description: after('description: '),
    ether: after('ether ').split(' ')[0] ?? '',
    hardware: after('hwaddr '),
    several: lines.filter((line) => line.startsWith('ether ')).length > 1,
    groups: list(after('groups: '), ' '),
    addresses: lines.flatMap(parseAddress),
    members: lines.flatMap(parseMember),
    nd6: list(/<(.*)>/.exec(after('nd6 options='))?.[1], ','),
  };
}

function parseAddress(line: string): readonly InterfaceAddress[] {
  const [kind, text = '', ...words] = line.split(' ');
  if ((kind !== 'inet' && kind !== 'inet6') || isLinkLocal(text)) return [];
  const family = kind === 'inet' ? 'ipv4' : 'ipv6';
  const [address = '', length] = text.split('/');
  const mask = words[words.indexOf(kind === 'inet' ? 'netmask' : 'prefixlen') + 1] ?? '';
  return [
    {
      family,
      address: address as IpAddress,
      prefix: length === undefined ? prefixOf(mask) : Number(length),
      tentative: words.includes('tentative'),
      duplicated: words.includes('duplicated'),
      deprecated: words.includes('deprecated'),
    },
  ];
}

/** Fe80::/10 (RFC 4291, section 2.5.6). */
function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(address);
}

/** The length of a prefix that is written as itself, as a hexadecimal mask, or as a dotted one. */
function prefixOf(mask: string): number {
  if (mask.startsWith('0x')) return ones(Number.parseInt(mask, 16));
  if (!mask.includes('.')) return Number(mask);
  return ones(mask.split('.').reduce((bits, octet) => bits * 256 + Number(octet), 0));
}

function ones(bits: number): number {
  return Math.clz32(~bits);
}

function parseMember(line: string): readonly BridgeMember[] {
  const { name, flags } =
    /^member: (?<name>.+) flags=\w+<(?<flags>[^>]*)>/.exec(line)?.groups ?? {};
  return name === undefined ? [] : [{ name, flags: list(flags, ',') }];
}

function list(text: string | undefined, separator: string): readonly string[] {
  return (text ?? '').split(separator).filter((word) => word !== '');
}

/** Whether an interface has klee's mark of this object. */
export function bears({ groups, description }: Interface, mark: string): boolean {
  return groups.includes(GROUP) && description === mark;
}

/** Properties of a new interface from its creation on. */
export interface NewInterface {
  readonly name: string;
  readonly description: string;
  readonly mtu?: number;
}

/**
 * Makes an interface, marks and names it, in one process. The kernel creates it before renaming: when the name is
 * taken, it remains under a name of the kernel's choice. Hence the mark comes first.
 */
export function createInterfaceArgv(
  cloner: 'lo' | 'bridge',
  { name, description, mtu }: NewInterface,
): Argv {
  const size = mtu === undefined ? [] : ['mtu', String(mtu)];
  return ['ifconfig', cloner, 'create', ...marks(description), 'name', name, ...size];
}

function marks(description: string): readonly string[] {
  return ['group', GROUP, 'description', description];
}

/** Both ends of an epair, by their number. */
export interface Pair {
  /** The end that stays on the host. */
  readonly outside: string;
  /** The end that goes into a jail. */
  readonly inside: string;
}

export function pairOf(unit: number): Pair {
  return { outside: `epair${unit}a`, inside: `epair${unit}b` };
}

/** Makes an epair with a given number; fails when the number is taken. The mark is on the host's end. */
export function createPairArgv(
  unit: number,
  { mtu, description }: { readonly mtu: number; readonly description: string },
): Argv {
  return ['ifconfig', `epair${unit}`, 'create', ...marks(description), 'mtu', String(mtu)];
}

/** Destroys an interface that klee made; destroying one end of an epair destroys the other, wherever it is. */
export function destroyArgv(name: string): Argv {
  return ['ifconfig', name, 'destroy'];
}

export function upArgv(name: string): Argv {
  return ['ifconfig', name, 'up'];
}

/**
 * Brings up an interface that only forwards. The host must not listen there: a router advertisement of a container to a
 * multicast address also arrives on the member of the bridge. If the kernel has no IPv6, there is nothing to disable.
 */
export function quietArgv(name: string, interfaces: readonly Interface[]): Argv {
  if (interfaces.every(({ nd6 }) => nd6.length === 0)) return upArgv(name);
  return ['ifconfig', name, 'inet6', '-accept_rtadv', '-auto_linklocal', 'ifdisabled', 'up'];
}

/** Whether the host's IPv6 ignores an interface. */
export function isQuiet({ nd6 }: Interface): boolean {
  return nd6.length === 0 || (nd6.includes('IFDISABLED') && !nd6.includes('ACCEPT_RTADV'));
}

export function leaveGroupArgv(name: string, group: string): Argv {
  return ['ifconfig', name, '-group', group];
}

export interface NewAddress {
  readonly address: IpAddress;
  readonly prefix: number;
  /**
   * Whether an IPv6 address skips duplicate address detection: on klee's interfaces, where core knows that it is
   * unique. It also enables IPv6 on bridges, where it is disabled by default.
   */
  readonly atOnce: boolean;
}

/** Adds an address, or changes the prefix of an existing one. */
export function addAddressArgv(name: string, { address, prefix, atOnce }: NewAddress): Argv {
  if (!address.includes(':')) return ['ifconfig', name, 'inet', `${address}/${prefix}`, 'alias'];
  const usable = atOnce ? ['no_dad', '-ifdisabled'] : [];
  return ['ifconfig', name, 'inet6', `${address}/${prefix}`, 'alias', ...usable];
}

/** Removes an address, whatever its prefix. */
export function removeAddressArgv(name: string, address: IpAddress): Argv {
  return ['ifconfig', name, address.includes(':') ? 'inet6' : 'inet', address, '-alias'];
}

/** Sets the MAC address and the MTU of an interface. An address family is recognised only as the first word. */
export function linkArgv(
  name: string,
  { mtu, ether }: { readonly mtu: number; readonly ether?: string },
): Argv {
  const address = ether === undefined ? [] : ['ether', ether];
  return ['ifconfig', name, ...address, 'mtu', String(mtu)];
}

/** Moves an interface into the network stack of a jail, where it arrives without addresses and down. */
export function moveArgv(name: string, jail: string): Argv {
  return ['ifconfig', name, 'vnet', jail];
}

export function renameArgv(name: string, next: string): Argv {
  return ['ifconfig', name, 'name', next];
}

/** Settings of a bridge member. */
export interface Membership {
  readonly member: string;
  /** Whether to add it: adding an existing member again is an error. */
  readonly join: boolean;
  /** Whether it must not reach other private members; absent for no change. */
  readonly isolate?: boolean;
  /** The MAC address that is bound to this member. */
  readonly ether?: string;
}

/** Adds a member to a bridge, or changes its settings. */
export function memberArgv(bridge: string, { member, join, isolate, ether }: Membership): Argv {
  return [
    'ifconfig',
    bridge,
    ...(join ? ['addm', member] : []),
    ...(isolate === undefined ? [] : [isolate ? 'private' : '-private', member]),
    ...(ether === undefined ? [] : ['static', member, ether]),
  ];
}
