/** What is set on interfaces, in words that ip(8) also takes to remove it. Pure. */
import type { LinkObject, NeighbourObject, RouteObject, RuleObject, Stack } from './reading.ts';

/** Settings of a bridge's port, as the kernel makes it (linux/if_link.h): what differs is told. */
const PORT: Readonly<Record<string, boolean>> = {
  bcast_flood: true,
  fastleave: false,
  flood: true,
  guard: false,
  hairpin: false,
  isolated: false,
  learning: true,
  locked: false,
  mcast_flood: true,
  mcast_to_unicast: false,
  neigh_suppress: false,
  proxy_arp: false,
  proxy_arp_wifi: false,
  root_block: false,
  vlan_tunnel: false,
};

/** What the kernel gives an interface by itself. */
const QUEUES: readonly (string | undefined)[] = [
  undefined,
  'noop',
  'noqueue',
  'pfifo_fast',
  'fq_codel',
  'mq',
];

/** They follow others, or cannot be read. */
const UNTOLD: readonly string[] = ['mtu', 'addr_gen_mode', 'stable_secret', 'mc_forwarding'];

/** @param reference - the settings of a namespace in which nothing was changed */
export function detailsOf(
  stack: Stack,
  link: LinkObject,
  reference: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const { ifname: name } = link;
  const isLoopback = name === 'lo';
  return Object.fromEntries([
    ...(link.flags.includes('UP') ? [['up', 'yes']] : []),
    ...(QUEUES.includes(link.qdisc) ? [] : [['qdisc', link.qdisc]]),
    ...portDetails(link),
    ...stack.neighbours
      .filter(({ dev }) => dev === name)
      .flatMap((one) => neighbourDetails(one, stack)),
    ...stack.routes
      .filter(({ dev }) => (isLoopback ? dev === undefined || dev === 'lo' : dev === name))
      .filter(isMade)
      .map((route) => [`route ${routeWords(route)}`, 'yes']),
    ...(isLoopback ? ruleDetails(stack) : []),
    ...settingDetails(stack, name, reference),
  ]) as Readonly<Record<string, string>>;
}

function portDetails({ linkinfo }: LinkObject): readonly (readonly [string, string])[] {
  const found = linkinfo?.info_slave_data ?? {};
  return Object.entries(PORT)
    .filter(([name, usual]) => typeof found[name] === 'boolean' && found[name] !== usual)
    .map(([name]) => [`port ${name}`, String(found[name])]);
}

/** The value of a port's setting unless somebody sets it. */
export function usualPortSetting(name: string): 'on' | 'off' {
  return PORT[name] === true ? 'on' : 'off';
}

/** What the kernel learns by itself is left out. */
function neighbourDetails(
  { dst, lladdr, state = [], proxy }: NeighbourObject,
  stack: Stack,
): readonly (readonly [string, string])[] {
  if (proxy !== undefined) return [[`proxy ${dst}`, 'yes']];
  if (!state.includes('PERMANENT')) return [];
  return [[`neighbour ${dst}`, isChance(lladdr, stack) ? 'yes' : (lladdr ?? '')]];
}

/** Whether the kernel has drawn this MAC address by lot. */
function isChance(mac: string | undefined, stack: Stack): boolean {
  return stack.links.some((link) => link.address === mac && macOf(link, stack) === '');
}

/** NET_ADDR_PERM and NET_ADDR_SET of linux/netdevice.h. */
const CHOSEN: readonly (string | undefined)[] = ['0', '3'];

/** The MAC address of an interface; empty where the kernel has drawn it by lot, or took that of a port. */
export function macOf({ ifname, address = '' }: LinkObject, { settings }: Stack): string {
  return CHOSEN.includes(settings.get(`class/net/${ifname}/addr_assign_type`)) ? address : '';
}

/** The kernel makes and removes its own routes with the addresses. */
function isMade({ protocol, type, dst, dev }: RouteObject): boolean {
  if (protocol === 'kernel' || protocol === 'ra') return false;
  return !(type === 'multicast' || dst === 'ff00::/8' || (dev === 'lo' && type === 'local'));
}

export function isIpv6({ dst, gateway = '', pref }: RouteObject): boolean {
  return pref !== undefined || dst.includes(':') || gateway.includes(':');
}

/** Where the routes by an interface lead, of those that somebody made. */
export function destinationsOf({ routes }: Stack, name: string): string[] {
  return routes
    .filter((route) => route.dev === name && isMade(route))
    .filter(({ type = 'unicast', table = 'main' }) => type === 'unicast' && table === 'main')
    .map((route) => {
      if (route.dst === 'default') return isIpv6(route) ? '::/0' : '0.0.0.0/0';
      return route.dst.includes('/') ? route.dst : `${route.dst}/${isIpv6(route) ? 128 : 32}`;
    });
}

/** Without its interface. */
function routeWords(route: RouteObject): string {
  const { dst, type = 'unicast', gateway, prefsrc, metric, protocol, table, flags = [] } = route;
  const anywhere = isIpv6(route) ? '::/0' : '0.0.0.0/0';
  const sizes = (route.metrics ?? []).flatMap((one) => Object.entries(one));
  return [
    ...(type === 'unicast' ? [] : [type]),
    dst === 'default' ? anywhere : dst,
    ...(gateway === undefined ? [] : ['via', gateway]),
    ...(prefsrc === undefined ? [] : ['src', prefsrc]),
    ...(metric === undefined ? [] : ['metric', String(metric)]),
    ...(protocol === undefined ? [] : ['proto', protocol]),
    ...(table === undefined || table === 'main' ? [] : ['table', table]),
    ...(flags.includes('onlink') ? ['onlink'] : []),
    ...sizes.map(([name, value]) => `${name} ${String(value)}`),
  ].join(' ');
}

const KERNEL_RULES: readonly number[] = [0, 32766, 32767];

function ruleDetails({ rules }: Stack): readonly (readonly [string, string])[] {
  return (['ipv4', 'ipv6'] as const).flatMap((family) =>
    rules[family]
      .filter(({ priority }) => !KERNEL_RULES.includes(priority))
      .map((rule) => [`rule ${family} ${rule.priority} ${ruleWords(rule)}`, 'yes'] as const),
  );
}

function ruleWords({ priority: _priority, ...rest }: RuleObject): string {
  return JSON.stringify(rest);
}

/** Of an interface those that a new one does not have; of `lo` also those of the whole namespace. */
function settingDetails(
  { settings }: Stack,
  name: string,
  reference: ReadonlyMap<string, string>,
): readonly (readonly [string, string])[] {
  return [...settings].flatMap(([file, value]): (readonly [string, string])[] => {
    const usual = usualSetting(settings, name, file, reference);
    return usual === undefined || usual === value ? [] : [[`sysctl ${file}`, value]];
  });
}

/** The value that a setting has unless somebody changes it; undefined where it is not one of this interface. */
export function usualSetting(
  settings: ReadonlyMap<string, string>,
  name: string,
  file: string,
  reference: ReadonlyMap<string, string>,
): string | undefined {
  const [, family, place, setting = ''] = /^net\/(ipv[46])\/conf\/(.+)\/([^/]+)$/.exec(file) ?? [];
  if (family === undefined || UNTOLD.includes(setting)) return undefined;
  if (place === name && name !== 'lo') return settings.get(`net/${family}/conf/default/${setting}`);
  return name === 'lo' && (place === 'all' || place === 'default')
    ? reference.get(file)
    : undefined;
}
