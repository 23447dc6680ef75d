/** A host with networks of every kind and containers on them, filtered by the rules that klee renders. */
import type {
  Cidr,
  Endpoint,
  Family,
  FirewallIntents,
  IpAddress,
  Network,
  NetworkIntent,
  PublishIntent,
  PublishedPort,
} from '@kleenet/core';
import { PfHost } from '@kleenet/freebsd-model/packets';
import type { HostInterface, HostOptions, Packet, Party } from '@kleenet/freebsd-model/packets';
import { endpointAnchor, guardText } from '../../src/freebsd/firewall/guard.ts';
import { NETWORKS_ANCHOR, renderFirewall } from '../../src/freebsd/firewall/render.ts';
import { labelled, networkTable } from '../../src/freebsd/firewall/text.ts';
import { resolveUplinks } from '../../src/freebsd/firewall/uplinks.ts';
import type { Interface } from '../../src/freebsd/ifconfig.ts';

export type NetworkName = keyof typeof KINDS;

/** Each with the last two digits of its addresses: 10.N.0.0/24 and fdN::/64. */
const KINDS = {
  web: { number: 11, type: 'bridge', icc: true, internal: false, interface: 'kln11aaaaaaaaaa' },
  shop: { number: 12, type: 'bridge', icc: true, internal: false, interface: 'kln12aaaaaaaaaa' },
  apart: { number: 13, type: 'bridge', icc: false, internal: false, interface: 'kln13aaaaaaaaaa' },
  vault: { number: 14, type: 'bridge', icc: true, internal: true, interface: 'kln14aaaaaaaaaa' },
  loop: { number: 21, type: 'loopback', icc: true, internal: false, interface: 'kln21aaaaaaaaaa' },
  ring: { number: 22, type: 'loopback', icc: true, internal: false, interface: 'kln22aaaaaaaaaa' },
  quiet: {
    number: 23,
    type: 'loopback',
    icc: false,
    internal: false,
    interface: 'kln23aaaaaaaaaa',
  },
  cave: { number: 24, type: 'loopback', icc: true, internal: true, interface: 'kln24aaaaaaaaaa' },
  lan: { number: 31, type: 'custom', icc: true, internal: false, interface: 'em1' },
  still: { number: 32, type: 'custom', icc: false, internal: false, interface: 'em2' },
  cell: { number: 33, type: 'custom', icc: true, internal: true, interface: 'em3' },
} as const;

export const NETWORK_NAMES: readonly NetworkName[] = Object.keys(KINDS) as NetworkName[];

export const OUTSIDE: Readonly<Record<Family, string>> = {
  ipv4: '203.0.113.9',
  ipv6: '2001:db8:f::9',
};
export const HOST: Readonly<Record<Family, string>> = { ipv4: '192.0.2.10', ipv6: '2001:db8::10' };

export function kindOf(name: NetworkName): (typeof KINDS)[NetworkName] {
  return KINDS[name];
}

export function gatewayOf(name: NetworkName, family: Family): string {
  return addressOf(name, family, 1);
}

function addressOf(name: NetworkName, family: Family, last: number): string {
  const { number } = KINDS[name];
  return family === 'ipv4' ? `10.${number}.0.${last}` : `fd${number}::${last.toString(16)}`;
}

export function idOf(name: NetworkName): string {
  return `${KINDS[name].number}aaaaaaaaaa`;
}

export function intentOf(name: NetworkName, change: Partial<NetworkIntent> = {}): NetworkIntent {
  const { number, type, icc, internal, interface: device } = KINDS[name];
  return {
    id: idOf(name),
    name,
    type,
    interface: device,
    subnets: { ipv4: `10.${number}.0.0/24` as Cidr, ipv6: `fd${number}::/64` as Cidr },
    hostAddresses:
      type === 'bridge'
        ? {
            ipv4: gatewayOf(name, 'ipv4') as IpAddress,
            ipv6: gatewayOf(name, 'ipv6') as IpAddress,
          }
        : {},
    nat: !internal,
    icc,
    internal,
    ...change,
  };
}

/** Containers by name: `web.ip1`, `web.vnet2`; neighbours on links of the user's: `lan.neighbour`. */
export const PARTIES: ReadonlyMap<string, Party> = new Map(
  [...NETWORK_NAMES.flatMap(partiesOf), ...others()].map((each) => [each.name, each]),
);

function partiesOf(name: NetworkName): Party[] {
  const { type, interface: device, number } = KINDS[name];
  const at = (last: number): readonly string[] =>
    (['ipv4', 'ipv6'] as const).map((family) => addressOf(name, family, last));
  const member = (kind: Party['kind'], label: string, last: number): Party => ({
    name: `${name}.${label}`,
    kind,
    addresses: at(last),
    interface: device,
    ...(kind === 'vnet' ? { epair: `epair${number}${last}a` } : {}),
  });
  return [
    member('ipnet', 'ip1', 11),
    member('ipnet', 'ip2', 12),
    ...(type === 'bridge' ? [member('vnet', 'vnet1', 21), member('vnet', 'vnet2', 22)] : []),
    ...(type === 'custom' ? [member('outside', 'neighbour', 99)] : []),
  ];
}

function others(): Party[] {
  return [
    { name: 'host', kind: 'host', addresses: Object.values(HOST), interface: 'em0' },
    { name: 'outside', kind: 'outside', addresses: Object.values(OUTSIDE), interface: 'em0' },
  ];
}

export function party(name: string): Party {
  const found = PARTIES.get(name);
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found;
}

export function networkOf(name: string): NetworkName {
  return name.split('.')[0] as NetworkName;
}

export function inFamily({ addresses }: Party, family: Family): string {
  return addresses.find((one) => one.includes(':') === (family === 'ipv6')) ?? '';
}

export function publish(
  to: string,
  port: Partial<PublishedPort> = {},
  families: readonly Family[] = ['ipv4', 'ipv6'],
): PublishIntent[] {
  const container = party(to);
  return families.map((family) => ({
    containerId: '000000000001',
    networkId: idOf(networkOf(to)),
    stack: container.kind === 'vnet' ? 'own' : 'restricted',
    port: { protocol: 'tcp', hostPorts: [8080, 8080], containerPort: 80, ...port },
    addresses: { [family]: inFamily(container, family) as IpAddress },
    sources: [inFamily(container, family) as IpAddress],
    beside: [],
  }));
}

export interface WorldOptions extends Partial<HostOptions> {
  readonly intents?: Partial<FirewallIntents>;
  readonly unguarded?: boolean;
  /** What the user made a member of a bridge. */
  readonly member?: { readonly of: NetworkName; readonly name: string };
}

/** The host of all these, with its rules. */
export function world(change: WorldOptions = {}): PfHost {
  const { intents: _, unguarded: __, member: ___, ...options } = change;
  return new PfHost({
    interfaces: INTERFACES,
    parties: [...PARTIES.values()],
    uplink: 'em0',
    anchors: options.anchors ?? anchorsOf(change),
    tables: CUSTOM_TABLES,
    ...options,
  });
}

/** The rules of that host, by anchor. */
export function anchorsOf({
  intents,
  unguarded = false,
  member,
}: WorldOptions): Record<string, string> {
  const networks = intents?.networks ?? NETWORK_NAMES.map((name) => intentOf(name));
  const rules = rulesOf({ networks, published: intents?.published ?? [] }, member);
  return { [NETWORKS_ANCHOR]: rules, ...(unguarded ? {} : GUARDS) };
}

const rendered = new Map<string, string>();

function rulesOf(
  intents: FirewallIntents,
  member?: { readonly of: NetworkName; readonly name: string },
): string {
  const key = JSON.stringify([intents, member]);
  const text =
    rendered.get(key) ??
    labelled(
      resolveUplinks(renderFirewall(intents), {
        defaults: { ipv4: 'em0', ipv6: 'em0' },
        interfaces: HOST_INTERFACES.map((one) =>
          member === undefined || one.name !== KINDS[member.of].interface
            ? one
            : { ...one, members: [{ name: member.name, flags: [] }] },
        ),
      }),
    );
  rendered.set(key, text);
  return text;
}

const INTERFACES: readonly HostInterface[] = [
  { name: 'lo0', kind: 'lo', groups: ['lo'], addresses: ['127.0.0.1', '::1'], subnets: [] },
  link('em0', Object.values(HOST), ['192.0.2.0/24', '2001:db8::/64']),
  ...NETWORK_NAMES.map((name): HostInterface => {
    const { type, interface: device, number } = KINDS[name];
    const subnets = [`10.${number}.0.0/24`, `fd${number}::/64`];
    if (type === 'custom') return link(device, [`10.${number}.0.200`, `fd${number}::200`], subnets);
    if (type === 'loopback')
      return { name: device, kind: 'lo', groups: ['klee'], addresses: [], subnets: [] };
    const addresses = [gatewayOf(name, 'ipv4'), gatewayOf(name, 'ipv6')];
    return { name: device, kind: 'bridge', groups: ['bridge', 'klee'], addresses, subnets };
  }),
  ...[...PARTIES.values()].flatMap(({ epair }): HostInterface[] =>
    epair === undefined
      ? []
      : [{ name: epair, kind: 'epair', groups: ['epair', 'klee'], addresses: [], subnets: [] }],
  ),
];

function link(
  name: string,
  addresses: readonly string[],
  subnets: readonly string[],
): HostInterface {
  return { name, kind: 'link', groups: [], addresses, subnets };
}

/** The same, as ifconfig(8) says it. */
const HOST_INTERFACES: readonly Interface[] = INTERFACES.map(({ name, groups, addresses }) => ({
  name,
  groups,
  flags: [],
  mtu: 1500,
  description: '',
  ether: '',
  hardware: '',
  several: false,
  addresses: addresses.map((address) => ({
    family: address.includes(':') ? 'ipv6' : 'ipv4',
    address: address as IpAddress,
    prefix: address.includes(':') ? 64 : 24,
    tentative: false,
    duplicated: false,
    deprecated: false,
  })),
  members: [],
  nd6: [],
}));

function customTables(): [string, readonly string[]][] {
  return NETWORK_NAMES.filter((name) => KINDS[name].type === 'custom').map((name) => [
    networkTable(idOf(name)),
    [...party(`${name}.ip1`).addresses, ...party(`${name}.ip2`).addresses],
  ]);
}

/** What drivers load. */
function guards(): Record<string, string> {
  const texts = [...PARTIES.values()].map((one, index) => {
    if (one.kind !== 'ipnet' && one.kind !== 'vnet') return ['', ''];
    const id = String(index).padStart(12, '0');
    return [endpointAnchor({ id }), guardText(guardTarget(one, id))];
  });
  return Object.fromEntries(texts.filter(([, text]) => text !== ''));
}

function guardTarget(one: Party, id: string): Parameters<typeof guardText>[0] {
  const { type, icc, interface: device } = KINDS[networkOf(one.name)];
  const addresses = {
    ipv4: inFamily(one, 'ipv4') as IpAddress,
    ipv6: inFamily(one, 'ipv6') as IpAddress,
  };
  return {
    network: { name: networkOf(one.name), type, icc, interface: device } as Network,
    endpoint: { id, addresses } as Endpoint,
    sandbox: { name: 'klee-0a1b2c3d4e5f', stack: one.kind === 'vnet' ? 'own' : 'restricted' },
    ...(one.epair === undefined ? {} : { hostInterface: one.epair }),
  };
}

const GUARDS = guards();

export const CUSTOM_TABLES = Object.fromEntries(customTables());

/** A packet that opens a connection. */
export function opening(change: Pick<Packet, 'source' | 'destination'> & Partial<Packet>): Packet {
  return { protocol: 'tcp', sourcePort: 4321, port: 7, opens: true, ...change };
}
