/**
 * For data planes on Linux: the names and marks by which klee, its firewall and later commands know what belongs to an endpoint,
 * and what ip(8) says. Pure.
 */
import { parseList } from './json.ts';

/**
 * The mark of an interface: its group, a number ("kl" in ASCII). Give it in the command that makes the interface
 * (`ip link add … group 27500`), so that none of yours is ever without it. klee removes an interface of a driver that is gone only if
 * it bears this mark.
 */
export const LINK_GROUP = '27500';

/**
 * The mark of a route: its protocol number (`ip route add … proto 107`; see rt_protos(5) for others). klee removes only routes that
 * bear it.
 */
export const ROUTE_PROTOCOL = '107';

/**
 * How an endpoint's interface on the host takes part in its network. `port`: it is a port of the network's bridge, and frames from it
 * have the endpoint's MAC address and IP addresses. `link`: packets are routed to it, one route for each address.
 */
export type HostInterfaceKind = 'port' | 'link';

const PREFIXES: Readonly<Record<HostInterfaceKind, string>> = { port: 'kle', link: 'klc' };

/**
 * The name of an endpoint's interface on the host, 15 characters (the kernel's maximum). The firewall's rules know the kind by it:
 * packets through an interface of another name are not a container's, and are dropped on networks of the types `loopback` and `bridge`.
 *
 * @param id - of the endpoint
 */
export function hostInterface(kind: HostInterfaceKind, id: string): string {
  return `${PREFIXES[kind]}${id}`;
}

/** The kind that a name of {@link hostInterface} says; undefined for any other name. */
export function kindOfHostInterface(name: string): HostInterfaceKind | undefined {
  if (!/^kl[ce][0-9a-f]{12}$/.test(name)) return undefined;
  return name.startsWith(PREFIXES.port) ? 'port' : 'link';
}

/** The alias of an endpoint's interface (`ip link set … alias`), which tells people whose it is. */
export function linkAlias(kind: 'network' | 'container' | 'endpoint', id: string): string {
  return `kleenet:${kind}:${id}`;
}

/**
 * Whether an interface bears the mark. It may also be in one of the groups of interfaces that klee is deleting together: those whose
 * number has that of the mark in its upper half.
 */
export function isMarked({ group }: { readonly group?: string | undefined }): boolean {
  return group === LINK_GROUP || Math.floor(Number(group) / LEAVING_GROUPS) === Number(LINK_GROUP);
}

/** How many groups there are for interfaces that are deleted together. */
export const LEAVING_GROUPS = 0x10000;

/** An interface in the output of `ip -j`; only the fields that klee reads. */
export interface IpLink {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  /** With `-d`; `default` for none. */
  readonly group?: string;
  readonly address?: string;
  readonly ifalias?: string;
  /** The bridge that it is a port of. */
  readonly master?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    /** What it is as a bridge. */
    readonly info_data?: { readonly group_fwd_mask?: string; readonly mcast_snooping?: number };
    /** What it is as a port of a bridge. */
    readonly info_slave_data?: { readonly isolated?: boolean; readonly state?: string };
  };
  readonly addr_info?: readonly IpLinkAddress[];
}

/** An address of an interface in that output. */
export interface IpLinkAddress {
  readonly local?: string;
  readonly prefixlen?: number;
  /** Whether it is not in use yet. */
  readonly tentative?: boolean;
}

/** A route in the output of `ip -j`; only the fields that klee reads. */
export interface IpRoute {
  readonly dst: string;
  readonly type?: string;
  readonly dev?: string;
  readonly table?: string;
  readonly protocol?: string;
  readonly gateway?: string;
  readonly metric?: number;
  readonly prefsrc?: string;
  /** Of the packets that it takes, in bytes. */
  readonly metrics?: readonly { readonly mtu?: number }[];
}

/** A neighbour, or a proxied address, in the output of `ip -j`. */
export interface IpNeighbour {
  readonly dst: string;
  /** Absent in answers about one interface. */
  readonly dev?: string;
  readonly lladdr?: string;
  readonly state?: readonly string[];
  /** Present, without a value, for a proxied address. */
  readonly proxy?: null;
}

/** Whatever `ip -j` lists: {@link links}, {@link routes} and {@link neighbours} tell them apart. */
export type IpObject = IpLink | IpRoute | IpNeighbour;

/**
 * What `ip -j` prints, or `ip -j -batch`, which prints a list on a line for each command: as one list.
 *
 * @throws KleenetError PLATFORM_COMMAND_FAILED for what is not JSON
 */
export function parseIp(text: string): readonly IpObject[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => parseList<IpObject>('ip', line));
}

/** The interfaces among what was read. */
export function links(objects: readonly IpObject[]): readonly IpLink[] {
  return objects.filter((object): object is IpLink => 'ifname' in object);
}

/** The routes among what was read. */
export function routes(objects: readonly IpObject[]): readonly IpRoute[] {
  return objects.filter((object): object is IpRoute => 'dst' in object && !isNeighbour(object));
}

/** The neighbours among what was read, proxied addresses included. */
export function neighbours(objects: readonly IpObject[]): readonly IpNeighbour[] {
  return objects.filter(isNeighbour);
}

function isNeighbour(object: IpObject): object is IpNeighbour {
  return 'lladdr' in object || 'state' in object || 'proxy' in object;
}

const GONE = [
  'cannot find device',
  'does not exist',
  'address not found',
  'no such process',
  'no such file or directory',
  'no such device',
  'cannot assign requested address',
  'cannot open network namespace',
];

/** Its file is there, but no namespace is mounted on it: ip(8) was killed half-way through deleting it. */
const HALF_DELETED = /setting the network namespace ".*" failed: Invalid argument/;

/**
 * Whether the object of a removal was gone already, or its interface or namespace was, by what ip(8) printed on standard error. What
 * ip(8) cannot look at is not gone.
 */
export function isGone(stderr: string): boolean {
  const said = stderr.toLowerCase();
  return HALF_DELETED.test(stderr) || GONE.some((text) => said.includes(text));
}

/** Whether what was to be made was there already, by what ip(8) printed on standard error. It may be somebody else's. */
export function isThere(stderr: string): boolean {
  return /File exists|already exists|Address already assigned/i.test(stderr);
}
