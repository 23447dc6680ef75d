/** NAT and published ports: the translation rules. pf applies the first match. Pure. */
import { FAMILIES } from '@kleenet/core';
import type { Family, FirewallIntents, NetworkIntent, PublishIntent } from '@kleenet/core';
import { AF, interfaceWord, leftTable, networkTable, not, portWord } from './text.ts';
import { sourceWord, uplinkWord } from './uplinks.ts';

/** Tags a packet from the translation of its port to its exit, while it stays on the same bridge. */
const TAG = 'klee_published';

export function natLines({ networks, published }: FirewallIntents): readonly string[] {
  const tables = networks.filter(({ type }) => type === 'custom').map(({ id }) => networkTable(id));
  return [
    // Dropped on the way out: pf matches its source after translation.
    ...networks.map(({ id }) => `no nat from <${leftTable(id)}> to any`),
    ...published.flatMap((publish) => hairpinLines(publish, networks)),
    // Packets between networks are not translated, whatever their outgoing interface is.
    ...['klee_containers', ...tables].map((table) => `no nat from <${table}> to <klee_containers>`),
    ...networks.filter(({ nat, internal }) => nat && !internal).flatMap(masqueradeLines),
  ];
}

/**
 * A bridge container that connects to its neighbour's port through an address of the host: the neighbour would reply
 * directly, and the container would not recognise the reply. So the neighbour replies to the host. The same holds for
 * containers of its other networks, also when they connect to its own address: it would reply to them with an address
 * that it does not have there.
 */
function hairpinLines(
  { networkId, port, stack, addresses, beside }: PublishIntent,
  networks: readonly NetworkIntent[],
): readonly string[] {
  const network = networks.find(({ id }) => id === networkId);
  if (stack !== 'own' || network === undefined) return [];
  const tagged = port.interface === undefined ? [networkId] : [];
  return FAMILIES.flatMap((family) => {
    const [address, source] = [addresses[family], network.hostAddresses[family]];
    if (address === undefined || source === undefined) return [];
    const line = (from: string, tag: string): string =>
      `nat on ${interfaceWord(network.interface)} ${AF[family]} proto ${port.protocol} from <${networkTable(from)}> to ${address} port ${portWord(containerPorts(port))}${tag} -> ${source}`;
    return [
      ...tagged.map((from) => line(from, ` tagged ${TAG}`)),
      ...beside.map((from) => line(from, '')),
    ];
  });
}

function masqueradeLines({ id, subnets, natInterface }: NetworkIntent): readonly string[] {
  return FAMILIES.flatMap((family) => {
    const subnet = subnets[family];
    if (subnet === undefined) return [];
    return [
      `nat on ${uplinkWord(family, natInterface)} ${AF[family]} from <${networkTable(id)}> to ${not(subnet)} -> ${sourceWord(family, natInterface)}`,
    ];
  });
}

export function rdrLines({ networks, published }: FirewallIntents): readonly string[] {
  if (published.length === 0) return [];
  const tables = networks.filter(({ type }) => type === 'custom').map(({ id }) => networkTable(id));
  return [
    // Aliases of containers are addresses of the host, too, but their ports belong to the containers.
    ...['klee_containers', ...tables].map((table) => `no rdr from any to <${table}>`),
    ...published.flatMap(rdrLinesOf),
  ];
}

function rdrLinesOf(publish: PublishIntent): readonly string[] {
  return FAMILIES.flatMap((family) => {
    const address = publish.addresses[family];
    return address === undefined ? [] : [rdrLine(publish, family, address)];
  });
}

/**
 * Packets from the host to itself arrive on lo0. Translated there, they reach an alias, which is on the host; a
 * container with its own stack would reply from the wrong address.
 */
function rdrLine({ port, stack }: PublishIntent, family: Family, address: string): string {
  const { interface: bound, protocol, hostPorts, containerPort } = port;
  const [first, last] = hostPorts;
  const where =
    bound === undefined ? (stack === 'own' ? 'on ! lo ' : '') : `on ${interfaceWord(bound)} `;
  const to = bound === undefined ? '(self)' : allAddressesOf(bound);
  const tag = stack === 'own' && bound === undefined ? ` tag ${TAG}` : '';
  const next = first === last ? `${containerPort}` : `${containerPort}:*`;
  return `rdr ${where}${AF[family]} proto ${protocol} from any to ${to} port ${portWord(hostPorts)}${tag} -> ${address} port ${next}`;
}

function allAddressesOf(name: string): string {
  return `(${interfaceWord(name)})`;
}

/** The ports inside, first and last. */
export function containerPorts({
  hostPorts: [first, last],
  containerPort,
}: PublishIntent['port']): readonly [number, number] {
  return [containerPort, containerPort + last - first];
}
