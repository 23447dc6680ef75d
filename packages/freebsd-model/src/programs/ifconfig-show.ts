/** How ifconfig(8) shows interfaces. Pure. */
import { broadcastOf, fromNumber, maskOf } from '../address.ts';
import { isLinkLocal } from '../kernel/addresses.ts';
import { hasFamily, sees } from '../kernel/jails.ts';
import type { InterfaceAddress, InterfaceKind, Jail, NetworkInterface, Stack } from '../state.ts';

/** What is shown of an interface. */
export interface View {
  readonly stack: Stack;
  /** The jail that looks; undefined for the host. */
  readonly jail: Jail | undefined;
  readonly now: number;
  /** Whether it is shown as on FreeBSD 15.1. */
  readonly later: boolean;
  /** Of option -f, for example `inet` to `cidr`. */
  readonly formats: Readonly<Record<string, string>>;
  /** Only this address family; undefined for everything. */
  readonly only?: 'inet' | 'inet6' | 'ether';
}

/** Bits of if_flags(9) that have a name; 0x20 is set on an epair and has none. */
const FLAGS = [
  [0x1, 'UP'],
  [0x2, 'BROADCAST'],
  [0x8, 'LOOPBACK'],
  [0x40, 'RUNNING'],
  [0x100, 'PROMISC'],
  [0x800, 'SIMPLEX'],
  [0x8000, 'MULTICAST'],
  [0x1000000, 'LOWER_UP'],
] as const;

const ND6_OPTIONS = [
  [0x1, 'PERFORMNUD'],
  [0x2, 'ACCEPT_RTADV'],
  [0x8, 'IFDISABLED'],
  [0x20, 'AUTO_LINKLOCAL'],
  [0x100, 'NO_DAD'],
] as const;

const KIND_FLAGS: Readonly<Record<InterfaceKind, number>> = {
  lo: 0x8008,
  bridge: 0x8802,
  epair: 0x8862,
  vxlan: 0x8802,
  ether: 0x8802,
};

const OPTIONS: Readonly<Record<InterfaceKind, string | undefined>> = {
  lo: '680003<RXCSUM,TXCSUM,LINKSTATE,RXCSUM_IPV6,TXCSUM_IPV6>',
  bridge: undefined,
  epair: '8<VLAN_MTU>',
  vxlan: undefined,
  ether: '8<VLAN_MTU>',
};

const MEDIA: Readonly<Record<InterfaceKind, string | undefined>> = {
  lo: undefined,
  bridge: undefined,
  epair: 'Ethernet 10Gbase-T (10Gbase-T <full-duplex>)',
  vxlan: undefined,
  ether: 'Ethernet autoselect (1000baseT <full-duplex>)',
};

export function flagsOf({ kind, up, promiscuous }: NetworkInterface): number {
  return KIND_FLAGS[kind] | (up ? 0x41 : 0) | (promiscuous ? 0x100 : 0);
}

/** FreeBSD 15.1 shows of what is running that its lower layer is up, and no ports as promiscuous. */
function shownFlags({ later }: View, one: NetworkInterface): number {
  const flags = flagsOf(one);
  if (!later) return flags;
  return (flags & ~0x20) | ((flags & 0x40) === 0 ? 0 : 0x1000000);
}

/** What differs on FreeBSD 15.1. */
const LATER_OPTIONS: Partial<Record<InterfaceKind, string>> = {
  epair: '60001b<RXCSUM,TXCSUM,VLAN_MTU,VLAN_HWTAGGING,RXCSUM_IPV6,TXCSUM_IPV6>',
};

function optionsOf({ later }: View, { kind, members }: NetworkInterface): string | undefined {
  if (later && kind === 'bridge' && members.length > 0) return '10<VLAN_HWTAGGING>';
  return (later ? LATER_OPTIONS[kind] : undefined) ?? OPTIONS[kind];
}

export function showInterface(view: View, one: NetworkInterface): string {
  const flags = shownFlags(view, one);
  const all = view.only === undefined;
  return [
    `${one.name}: flags=${flags.toString(16)}<${names(FLAGS, flags)}> metric 0 mtu ${one.mtu}`,
    ...(one.description === '' ? [] : [`\tdescription: ${one.description}`]),
    ...line('options=', optionsOf(view, one)),
    ...(all || view.only === 'ether' ? etherLines(view, one) : []),
    ...addressLines(view, one),
    ...(all && one.kind === 'bridge' ? bridgeLines(view, one) : []),
    ...(all && one.groups.length > 0 ? [`\tgroups: ${one.groups.join(' ')}`] : []),
    ...(all && (one.fib ?? 0) !== 0 ? [`\tfib: ${one.fib}`] : []),
    ...(all
      ? [...line('media: ', MEDIA[one.kind]), ...line('status: ', MEDIA[one.kind] && 'active')]
      : []),
    ...(all || view.only === 'inet6' ? nd6Lines(view, one) : []),
    '',
  ].join('\n');
}

function line(label: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`\t${label}${value}`];
}

function names(table: readonly (readonly [number, string])[], bits: number): string {
  return table
    .filter(([bit]) => (bits & bit) !== 0)
    .map(([, name]) => name)
    .join(',');
}

function etherLines({ formats }: View, { ether, hardwareEther }: NetworkInterface): string[] {
  if (ether === '') return [];
  const shown = (mac: string): string =>
    formats['ether'] === 'dash' ? mac.replaceAll(':', '-') : mac;
  return [
    `\tether ${shown(ether)}`,
    ...(ether === hardwareEther ? [] : [`\thwaddr ${shown(hardwareEther)}`]),
  ];
}

/** Grouped by family; the family that the kernel's list begins with comes first. */
function addressLines(view: View, one: NetworkInterface): string[] {
  const visible = one.addresses.filter(({ address }) => sees(view.jail, address));
  const families = [...new Set(visible.map(({ family }) => family))];
  return families
    .filter(
      (family) => view.only === undefined || view.only === (family === 'ipv4' ? 'inet' : 'inet6'),
    )
    .flatMap((family) =>
      visible
        .filter((held) => held.family === family)
        .map((held) =>
          family === 'ipv4' ? inetLine(view, one, held) : inet6Line(view, one, held),
        ),
    );
}

function inetLine(
  { formats }: View,
  { kind }: NetworkInterface,
  { address, prefix }: InterfaceAddress,
): string {
  const broadcast = kind === 'lo' ? '' : ` broadcast ${broadcastOf(address, prefix)}`;
  return `\tinet ${address}${netmask(formats['inet'], prefix)}${broadcast}`;
}

function netmask(format: string | undefined, prefix: number): string {
  if (format === 'cidr') return `/${prefix}`;
  const mask = maskOf('ipv4', prefix);
  if (format === 'dotted') return ` netmask ${fromNumber('ipv4', mask)}`;
  return ` netmask 0x${mask.toString(16).padStart(8, '0')}`;
}

function inet6Line(
  { formats, now }: View,
  { name, index }: NetworkInterface,
  { address, prefix, tentativeUntil = 0 }: InterfaceAddress,
): string {
  const local = isLinkLocal(address);
  const length = formats['inet6'] === 'cidr' ? `/${prefix}` : ` prefixlen ${prefix}`;
  return [
    `\tinet6 ${address}${local ? `%${name}` : ''}${length}`,
    tentativeUntil > now ? ' tentative' : '',
    local ? ` scopeid 0x${index.toString(16)}` : '',
  ].join('');
}

function bridgeLines({ stack, later }: View, { started, members }: NetworkInterface): string[] {
  return [
    '\tid 00:00:00:00:00:00 priority 32768 hellotime 2 fwddelay 15',
    '\tmaxage 20 holdcnt 6 proto rstp maxaddr 2000 timeout 1200',
    `\troot id 00:00:00:00:00:00 priority ${started ? 32768 : 0} ifcost 0 port 0`,
    ...(later ? ['\tbridge flags=0<>'] : []),
    ...members.toReversed().flatMap((member) => {
      const port = stack.interfaces.find(({ id }) => id === member.id);
      const flags = member.private
        ? '943<LEARNING,DISCOVER,PRIVATE,AUTOEDGE,AUTOPTP>'
        : '143<LEARNING,DISCOVER,AUTOEDGE,AUTOPTP>';
      return [
        `\tmember: ${port?.name ?? ''} flags=${flags}`,
        later
          ? `\t        port ${port?.index ?? 0} priority 128 path cost 2000 vlan protocol 802.1q`
          : `\t        ifmaxaddr 0 port ${port?.index ?? 0} priority 128 path cost 2000`,
      ];
    }),
  ];
}

/** Only for processes with IPv6 sockets. */
function nd6Lines({ jail }: View, one: NetworkInterface): string[] {
  if (!hasFamily(jail, 'ipv6')) return [];
  const bits =
    0x1 |
    (one.acceptRtadv ? 0x2 : 0) |
    (one.ifDisabled ? 0x8 : 0) |
    (one.autoLinkLocal ? 0x20 : 0) |
    (one.noDad ? 0x100 : 0);
  return [`\tnd6 options=${bits.toString(16)}<${names(ND6_OPTIONS, bits)}>`];
}
