/** Shows routes and interfaces: netstat(1), as text and as libxo's JSON. */
import type { Family } from '@kleenet/core';
import { ADDRESS_BITS, subnetOf } from '../address.ts';
import { isLinkLocal } from '../kernel/addresses.ts';
import { sees } from '../kernel/jails.ts';
import { routesOf } from '../kernel/routes.ts';
import type { Route } from '../kernel/routes.ts';
import { failed, printed, stackIdOf, stackOf } from '../machine.ts';
import type { Answer, Call, Machine } from '../machine.ts';
import { isLater } from '../releases.ts';
import type { NetworkInterface, Stack } from '../state.ts';
import { flagsOf } from './ifconfig-show.ts';

interface Options {
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
}

export function netstat(machine: Machine, call: Call): Answer {
  const options = parseOptions(call.args);
  const stack = stackOf(machine.state, stackIdOf(call.jail));
  if (options.flags.has('r')) {
    const routes = routesOf(stack).filter(({ destination }) => sees(call.jail, destination));
    if (!isLater(machine.state.release)) return printed(showRoutes(options, routes, 8));
    return printed(showRoutes(options, byLoopback(stack, routes), 12));
  }
  const wanted = options.values['I'];
  if (wanted === undefined && !options.flags.has('i'))
    return failed('netstat: only -r and -i are modelled', 70);
  const interfaces = stack.interfaces.filter(({ name }) => wanted === undefined || name === wanted);
  return printed(showInterfaces(options, interfaces));
}

function parseOptions(args: readonly string[]): Options {
  const flags = new Set<string>();
  const values: Record<string, string> = {};
  for (let position = 0; position < args.length; position += 1) {
    const word = args[position] ?? '';
    if (/^(--libxo|-[fIp])$/.test(word))
      values[word.replace(/^-+/, '')] = args[(position += 1)] ?? '';
    else for (const letter of word.slice(1)) flags.add(letter);
  }
  return { flags, values };
}

/** On FreeBSD 15.1 the routes to the host's own addresses are those of the loopback interface. */
function byLoopback(stack: Stack, routes: readonly Route[]): readonly Route[] {
  const index = stack.interfaces.find(({ name }) => name === 'lo0')?.index;
  return routes.map((route) =>
    route.netif === 'lo0' && index !== undefined ? { ...route, gateway: `link#${index}` } : route,
  );
}

const TITLES: Readonly<Record<Family, string>> = { ipv4: 'Internet', ipv6: 'Internet6' };

function showRoutes({ values }: Options, routes: readonly Route[], netifWidth: number): string {
  const wanted: readonly Family[] =
    values['f'] === undefined ? ['ipv4', 'ipv6'] : [values['f'] === 'inet6' ? 'ipv6' : 'ipv4'];
  const tables = wanted
    .map((family) => ({ family, routes: routes.filter((route) => route.family === family) }))
    .filter((table) => table.routes.length > 0);
  const format = values['libxo']?.split(',') ?? [];
  if (format.includes('json')) {
    return format.includes('pretty') ? prettyRoutes(tables) : `${jsonRoutes(tables)}\n`;
  }
  return ['Routing tables\n', ...tables.map((table) => textRoutes(table, netifWidth))].join('\n');
}

interface Table {
  readonly family: Family;
  readonly routes: readonly Route[];
}

/** Widths of destination and gateway. */
const WIDTHS: Readonly<Record<Family, readonly [number, number]>> = {
  ipv4: [18, 18],
  ipv6: [33, 29],
};

function textRoutes({ family, routes }: Table, netifWidth: number): string {
  const [first, second] = WIDTHS[family];
  const row = (destination: string, gateway: string, flags: string, netif: string): string =>
    `${destination.padEnd(first)} ${gateway.padEnd(second)} ${flags.padEnd(6)} ${netif.padStart(netifWidth)}`;
  return [
    `${TITLES[family]}:`,
    `${row('Destination', 'Gateway', 'Flags', 'Netif')} Expire`,
    ...routes.map((route) => row(destinationOf(route), route.gateway, route.flags, route.netif)),
    '',
  ].join('\n');
}

function destinationOf({ family, destination, prefix, zone }: Route): string {
  if (prefix === 0) return 'default';
  const length = prefix === ADDRESS_BITS[family] ? '' : `/${prefix}`;
  return `${destination}${zone === undefined ? '' : `%${zone}`}${length}`;
}

const FLAG_NAMES: readonly (readonly [string, string])[] = [
  ['U', 'up'],
  ['G', 'gateway'],
  ['H', 'host'],
  ['S', 'static'],
];

function entryOf(route: Route): Readonly<Record<string, unknown>> {
  return {
    destination: destinationOf(route),
    gateway: route.gateway,
    flags: route.flags,
    flags_pretty: FLAG_NAMES.filter(([flag]) => route.flags.includes(flag)).map(([, name]) => name),
    weight: 1,
    'interface-name': route.netif,
  };
}

/** libxo leaves a space before a list, and none before a value. */
function jsonRoutes(tables: readonly Table[]): string {
  const families = tables.map(({ family, routes }) => {
    const entries = routes
      .map((route) =>
        JSON.stringify(entryOf(route)).replace(
          /"flags_pretty":(\[[^\]]*\])/,
          ' "flags_pretty": $1',
        ),
      )
      .join(', ');
    return `{"address-family":"${TITLES[family]}", "rt-entry": [${entries}]}`;
  });
  return `{"statistics": {"route-information": {"route-table": {"rt-family": [${families.join(', ')}]}}}}`;
}

function prettyRoutes(tables: readonly Table[]): string {
  const families = tables.map(({ family, routes }) => ({
    'address-family': TITLES[family],
    'rt-entry': routes.map(entryOf),
  }));
  const whole = {
    statistics: { 'route-information': { 'route-table': { 'rt-family': families } } },
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

const HEADER =
  'Name    Mtu Network       Address              Ipkts Ierrs Idrop    Opkts Oerrs  Coll\n';

/** Nothing is counted: no packet is ever sent. */
function showInterfaces(
  { flags, values }: Options,
  interfaces: readonly NetworkInterface[],
): string {
  if (!(values['libxo'] ?? '').includes('json'))
    return HEADER + interfaces.map(textInterface).join('');
  const rows = interfaces.flatMap((one) => [
    linkRow(one, flags.has('b')),
    ...addressRows(one, flags.has('b')),
  ]);
  return `{"statistics": {"interface": [${rows.map((row) => JSON.stringify(row)).join(', ')}]}}\n`;
}

function textInterface({ name, mtu, index, ether }: NetworkInterface): string {
  const address = (ether === '' ? name : ether).padEnd(17);
  return `${name.padEnd(5)} ${String(mtu).padStart(5)} ${`<Link#${index}>`.padEnd(13)} ${address} ${ZEROS}\n`;
}

const ZEROS = '       0     0     0        0     0     0';

function linkRow(one: NetworkInterface, withBytes: boolean): Readonly<Record<string, unknown>> {
  return {
    name: one.name,
    flags: `0x${flagsOf(one).toString(16)}`,
    mtu: one.mtu,
    network: `<Link#${one.index}>`,
    address: one.ether === '' ? one.name : one.ether,
    'received-packets': 0,
    'received-errors': 0,
    'dropped-packets': 0,
    ...(withBytes ? { 'received-bytes': 0 } : {}),
    'sent-packets': 0,
    'send-errors': 0,
    ...(withBytes ? { 'sent-bytes': 0 } : {}),
    collisions: 0,
  };
}

function addressRows(
  one: NetworkInterface,
  withBytes: boolean,
): Readonly<Record<string, unknown>>[] {
  return one.addresses.map(({ address, prefix }) => {
    const zone = isLinkLocal(address) ? `%${one.name}` : '';
    return {
      name: one.name,
      flags: `0x${flagsOf(one).toString(16)}`,
      network: `${subnetOf(address, prefix)}${zone}/${prefix}`,
      address: `${address}${zone}`,
      'received-packets': 0,
      ...(withBytes ? { 'received-bytes': 0 } : {}),
      'sent-packets': 0,
      ...(withBytes ? { 'sent-bytes': 0 } : {}),
    };
  });
}
