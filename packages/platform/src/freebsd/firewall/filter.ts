/**
 * The filter rules. `quick` is final for all of pf; a plain `pass` may be overridden by the administrator's rules below
 * the anchor. docs/decisions/0009-pf.md says where pf sees which packets. Pure.
 */
import { FAMILIES } from '@kleenet/core';
import type {
  Family,
  FirewallIntents,
  NetworkIntent,
  NetworkType,
  PublishIntent,
} from '@kleenet/core';
import {
  AF,
  LABEL_MARK,
  ON_LINK,
  interfaceWord,
  leftTable,
  networkTable,
  not,
  passDiscovery,
  portWord,
} from './text.ts';
import { containerPorts } from './translation.ts';
import { foreignWord, membersWord } from './uplinks.ts';

/** To all members of the link. */
const MULTICAST = '{ 224.0.0.0/4, 255.255.255.255, ff00::/8 }';

export function filterLines({ networks, published }: FirewallIntents): readonly string[] {
  const custom = networks.filter(({ type }) => type === 'custom');
  return [
    ...networks.map(({ id }) => `block drop out quick from <${leftTable(id)}> to any`),
    passDiscovery('quick on klee', { to: ON_LINK }),
    ...networks.flatMap(discoveryLines),
    ...forgedLines(networks),
    ...networks.flatMap(withinLines),
    ...published.flatMap(publishedLines),
    ...networks.flatMap(loopedLines),
    `block drop in quick on ! lo from any to <klee_containers> ${LABEL_MARK}`,
    ...networks.flatMap(gatewayLines),
    'block drop out quick from <klee_containers> to <klee_containers>',
    'block drop out quick from <klee_containers> to <klee_gateways>',
    ...customLines(custom),
    'pass in on klee from <klee_containers> to any',
    ...['klee_containers', ...custom.map(({ id }) => networkTable(id))].flatMap(openLines),
  ];
}

/** Containers to the outside and to the host, and the host to them. State admits the replies. */
function openLines(table: string): readonly string[] {
  return [
    `pass in on lo0 from <${table}> to any`,
    `pass in on lo0 from any to <${table}>`,
    `pass out from <${table}> to any`,
    `pass out from any to <${table}>`,
  ];
}

/** For shared links: between the members of a bridge, on interfaces of the user's, and from and to the host. */
function discoveryLines({ type, subnets, interface: name }: NetworkIntent): readonly string[] {
  const { ipv6 } = subnets;
  if (ipv6 === undefined || type === 'loopback') return [];
  if (type === 'custom') return [passDiscovery(`quick on ${interfaceWord(name)}`)];
  return [
    passDiscovery(`quick on ${membersWord(name)}`),
    passDiscovery(`quick on ${interfaceWord(name)}`, { to: ipv6 }),
  ];
}

/** A bridge only delivers packets of its own network; none of them may come from outside. */
function forgedLines(networks: readonly NetworkIntent[]): readonly string[] {
  const own = networks.filter(({ type }) => type !== 'custom');
  const names = [undefined, ...networks.map(({ natInterface }) => natInterface)];
  const outside = FAMILIES.flatMap((family) => {
    const there = own.some(({ subnets }) => subnets[family] !== undefined);
    return there ? names.map((name) => foreignWord(family, name)) : [];
  });
  return [
    ...networks
      .filter(({ type }) => type === 'bridge')
      .map(
        ({ id, interface: name }) =>
          `block drop in quick on ${interfaceWord(name)} from ! <${networkTable(id)}> to any`,
      ),
    ...[...new Set(outside)].map(
      (word) => `block drop in quick on ${word} from <klee_containers> to any`,
    ),
  ];
}

/** Traffic within a network, and traffic that must not leave it. */
function withinLines(network: NetworkIntent): readonly string[] {
  const { type, icc, internal, hostAddresses } = network;
  const table = `<${networkTable(network.id)}>`;
  const own = type !== 'custom';
  return [
    `# network ${network.name}`,
    ...(own
      ? perFamily(
          hostAddresses,
          (af, gateway) => `pass out quick on lo0 ${af} from ${table} to ${gateway}`,
        )
      : []),
    ...(own ? [`${icc ? 'pass' : 'block drop'} quick on klee from ${table} to ${MULTICAST}`] : []),
    ...(icc ? iccLines(network, table) : []),
    ...(internal
      ? perFamily(
          network.subnets,
          (af, subnet) => `block drop quick ${af} from ${table} to ${not(subnet)}`,
        )
      : []),
  ];
}

/** Neighbours on a shared link count as members of the network. */
function iccLines(
  { type, subnets, interface: name }: NetworkIntent,
  table: string,
): readonly string[] {
  const members = {
    loopback: [],
    bridge: [`pass quick on ${membersWord(name)} from ${table} to ${table}`],
    custom: perFamily(
      subnets,
      (af, subnet) => `pass in quick on ${interfaceWord(name)} ${af} from ${subnet} to ${table}`,
    ),
  } satisfies Record<NetworkType, readonly string[]>;
  return [
    ...members[type],
    ...(type === 'custom' ? [] : [`pass quick on klee from ${table} to ${table}`]),
    `pass quick on lo0 from ${table} to ${table}`,
  ];
}

/** The container's own port, from everywhere that may reach it: also without icc, and from other networks. */
function publishedLines({ port, addresses }: PublishIntent): readonly string[] {
  const { interface: bound, protocol } = port;
  const where =
    bound === undefined
      ? ['quick']
      : [`in quick on ${interfaceWord(bound)}`, 'quick on klee', 'quick on lo0'];
  return perFamily(addresses, (af, address) => ({ af, address })).flatMap(({ af, address }) =>
    where.map(
      (place) =>
        `pass ${place} ${af} proto ${protocol} from any to ${address} port ${portWord(containerPorts(port))}`,
    ),
  );
}

/**
 * Packets from the host to an alias on a loopback interface arrive there again: pf has already checked them on the way
 * out.
 */
function loopedLines({ id, type, interface: name }: NetworkIntent): readonly string[] {
  if (type !== 'loopback') return [];
  return [`pass in quick on ${interfaceWord(name)} from any to <${networkTable(id)}>`];
}

/** The host's address in a network is reachable from that network only. */
function gatewayLines({ subnets, hostAddresses }: NetworkIntent): readonly string[] {
  return FAMILIES.flatMap((family) => {
    const [subnet, gateway] = [subnets[family], hostAddresses[family]];
    if (subnet === undefined || gateway === undefined) return [];
    return [`block drop in quick on ! lo ${AF[family]} from ${not(subnet)} to ${gateway}`];
  });
}

/**
 * On the user's interface only the containers' addresses are klee's, so each network is blocked by its table. Lines above
 * have decided about packets within a network with icc, and about all that leaves an internal one.
 */
function customLines(networks: readonly NetworkIntent[]): readonly string[] {
  const tableOf = ({ id }: NetworkIntent): string => `<${networkTable(id)}>`;
  return networks.flatMap((network) => {
    const table = tableOf(network);
    const senders = networks.filter((from) => !(from === network ? from.icc : from.internal));
    return [
      `block drop in quick on ! lo from any to ${table}`,
      ...['<klee_containers>', ...senders.map(tableOf)].map(
        (from) => `block drop out quick from ${from} to ${table}`,
      ),
      ...(network.internal ? [] : ['<klee_containers>', '<klee_gateways>']).map(
        (to) => `block drop out quick from ${table} to ${to}`,
      ),
    ];
  });
}

function perFamily<T, R>(
  values: { readonly [F in Family]?: T },
  line: (af: string, value: T) => R,
): readonly R[] {
  return FAMILIES.flatMap((family) => {
    const value = values[family];
    return value === undefined ? [] : [line(AF[family], value)];
  });
}
