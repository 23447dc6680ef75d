/** Typed wrapper around ifconfig(8): what it prints, and the commands that change interfaces. */
import type { Argv, CommandRunner, Family, IpAddress } from '@kleenet/core';
import { GROUP } from './names.ts';
import { read } from './run.ts';

/** An interface; only what klee looks at. */
export interface Interface {
  readonly name: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  /** Empty when it has none. */
  readonly description: string;
  /** The MAC address; empty when it has none. */
  readonly ether: string;
  /** The MAC address that it was made with, where that is another one; empty otherwise. */
  readonly hardware: string;
  /** Whether this is several interfaces of one name: ifconfig(8) shows them as one, the first with what others have. */
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
  /** Still being checked for a duplicate, and not usable yet. */
  readonly tentative: boolean;
  /** Found to be another host's; it never becomes usable. */
  readonly duplicated: boolean;
  /** Not to be used for anything new (RFC 4862, section 5.5.4). */
  readonly deprecated: boolean;
}

interface BridgeMember {
  readonly name: string;
  readonly flags: readonly string[];
}

interface Reading {
  readonly signal?: AbortSignal;
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

/** Whether an interface bears klee's mark of this object. */
export function bears({ groups, description }: Interface, mark: string): boolean {
  return groups.includes(GROUP) && description === mark;
}

/** What an interface is to have from the first moment of its life. */
export interface NewInterface {
  readonly name: string;
  readonly description: string;
  readonly mtu?: number;
}

/**
 * Makes an interface, marks and names it, in one process. The kernel makes it before it takes the name: when the name
 * is taken, it is left behind with a name of the kernel's choice. Hence the mark comes first.
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

/** Makes an epair of a number of our choice; fails when the number is taken. The mark is on the host's end. */
export function createPairArgv(
  unit: number,
  { mtu, description }: { readonly mtu: number; readonly description: string },
): Argv {
  return ['ifconfig', `epair${unit}`, 'create', ...marks(description), 'mtu', String(mtu)];
}

/** Destroys an interface that was made; one end of an epair takes the other with it, wherever that is. */
export function destroyArgv(name: string): Argv {
  return ['ifconfig', name, 'destroy'];
}

export function upArgv(name: string): Argv {
  return ['ifconfig', name, 'up'];
}

/**
 * Brings an interface up that is only a way for others. The host hears nothing there, and is nowhere: a router
 * advertisement of a container to a multicast address comes in by the member of the bridge, too. Where the kernel has no
 * IPv6, there is nothing to turn off.
 */
export function quietArgv(name: string, interfaces: readonly Interface[]): Argv {
  if (interfaces.every(({ nd6 }) => nd6.length === 0)) return upArgv(name);
  return ['ifconfig', name, 'inet6', '-accept_rtadv', '-auto_linklocal', 'ifdisabled', 'up'];
}

/** Whether the host's IPv6 has nothing to do with an interface. */
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
   * Whether an IPv6 address is used at once, without looking for a duplicate first: on interfaces of ours, where core
   * knows that there is none. It also makes IPv6 work on bridges, which have it disabled.
   */
  readonly atOnce: boolean;
}

/** Adds an address, or gives one that is there this prefix. */
export function addAddressArgv(name: string, { address, prefix, atOnce }: NewAddress): Argv {
  if (!address.includes(':')) return ['ifconfig', name, 'inet', `${address}/${prefix}`, 'alias'];
  const usable = atOnce ? ['no_dad', '-ifdisabled'] : [];
  return ['ifconfig', name, 'inet6', `${address}/${prefix}`, 'alias', ...usable];
}

/** Removes an address, whatever its prefix. */
export function removeAddressArgv(name: string, address: IpAddress): Argv {
  return ['ifconfig', name, address.includes(':') ? 'inet6' : 'inet', address, '-alias'];
}

/** Sets the MAC address and the MTU of an interface. An address family is one only as the first word. */
export function linkArgv(
  name: string,
  { mtu, ether }: { readonly mtu: number; readonly ether?: string },
): Argv {
  const address = ether === undefined ? [] : ['ether', ether];
  return ['ifconfig', name, ...address, 'mtu', String(mtu)];
}

/** Moves an interface into the network stack of a jail, where it comes without addresses and down. */
export function moveArgv(name: string, jail: string): Argv {
  return ['ifconfig', name, 'vnet', jail];
}

export function renameArgv(name: string, next: string): Argv {
  return ['ifconfig', name, 'name', next];
}

/** What is to be told to a bridge about one of its members. */
export interface Membership {
  readonly member: string;
  /** Whether it is to become one: adding a member again is an error. */
  readonly join: boolean;
  /** Whether it shall not reach other private members; absent to leave that as it is. */
  readonly isolate?: boolean;
  /** The MAC address that is only ever looked for behind this member. */
  readonly ether?: string;
}

/** Makes an interface a member of a bridge, or tells the bridge more about a member. */
export function memberArgv(bridge: string, { member, join, isolate, ether }: Membership): Argv {
  return [
    'ifconfig',
    bridge,
    ...(join ? ['addm', member] : []),
    ...(isolate === undefined ? [] : [isolate ? 'private' : '-private', member]),
    ...(ether === undefined ? [] : ['static', member, ether]),
  ];
}
