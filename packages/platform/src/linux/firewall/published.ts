/** Published ports as elements of maps and sets, one for each port. Pure. */
import { containsCidr } from '@kleenet/core';
import type {
  Cidr,
  Family,
  FirewallIntents,
  IpAddress,
  NetworkIntent,
  PublishIntent,
} from '@kleenet/core';
import { containerInterface } from '../names.ts';
import { quoted, WORDS } from './text.ts';
import type { SetText } from './text.ts';

/** The maps and sets for published ports of one family. */
interface PublishedElements {
  /** Protocol and host port to address and port of the container. */
  readonly anywhere: readonly string[];
  /** The same, behind the interface that the port is published on. */
  readonly onInterface: readonly string[];
  /** The addresses of containers with a published port. */
  readonly publishing: readonly string[];
  /** Address, protocol and port of the container, for those that are published on every interface. */
  readonly open: readonly string[];
  /** Interface, address, protocol and port, for those that are published on one. */
  readonly openOnInterface: readonly string[];
  /** Address, protocol and port of the latter, for clients inside. */
  readonly openInside: readonly string[];
  /** Source and destination of a container that connects to its own port through the host. */
  readonly itself: readonly string[];
  /** Subnet and address: members of another network of the container, to which it would reply directly. */
  readonly beside: readonly string[];
}

/** One port of a container, by its number on the host and in the container. */
interface Mapping {
  readonly interface: string | undefined;
  readonly address: IpAddress;
  readonly protocol: string;
  readonly hostPort: number;
  readonly containerPort: number;
}

/** The sets and maps of one family. They are there without a port, too: a container changes elements only. */
export function publishedSets(intents: FirewallIntents, family: Family): readonly SetText[] {
  const { type, suffix } = WORDS[family];
  const elements = publishedElements(intents, family);
  const port = 'inet_proto . inet_service';
  return [
    {
      name: `ports${suffix}`,
      type: `${port} : ${type} . inet_service`,
      elements: elements.anywhere,
    },
    {
      name: `ports_on${suffix}`,
      type: `ifname . ${port} : ${type} . inet_service`,
      elements: elements.onInterface,
    },
    { name: `publishing${suffix}`, type, elements: elements.publishing },
    { name: `open${suffix}`, type: `${type} . ${port}`, elements: elements.open },
    {
      name: `open_on${suffix}`,
      type: `ifname . ${type} . ${port}`,
      elements: elements.openOnInterface,
    },
    { name: `open_inside${suffix}`, type: `${type} . ${port}`, elements: elements.openInside },
    { name: `itself${suffix}`, type: `${type} . ${type}`, elements: elements.itself },
    {
      name: `beside${suffix}`,
      type: `${type} . ${type}`,
      interval: true,
      elements: elements.beside,
    },
  ];
}

function publishedElements(
  { networks, published }: FirewallIntents,
  family: Family,
): PublishedElements {
  const mappings = published.flatMap((publish) => mappingsOf(publish, family));
  const free = mappings.filter((mapping) => mapping.interface === undefined);
  const bound = mappings.flatMap((mapping) =>
    mapping.interface === undefined ? [] : [{ ...mapping, on: quoted(mapping.interface) }],
  );
  return {
    anywhere: map(free.map((mapping) => [onHost(mapping), destination(mapping)])),
    onInterface: map(
      bound.map((mapping) => [`${mapping.on} . ${onHost(mapping)}`, destination(mapping)]),
    ),
    publishing: unique(mappings.map(({ address }) => address)),
    open: unique(free.map(inContainer)),
    openOnInterface: unique(bound.map((mapping) => `${mapping.on} . ${inContainer(mapping)}`)),
    openInside: unique(bound.map(inContainer)),
    itself: unique(published.flatMap((publish) => fromItself(publish, family))),
    beside: unique(published.flatMap((publish) => fromBeside(publish, networks, family))),
  };
}

/** A container with its own stack is a neighbour on its bridge to itself, too. */
function fromItself(
  { addresses, sources, stack }: PublishIntent,
  family: Family,
): readonly string[] {
  const address = addresses[family];
  if (address === undefined || stack === 'own') return [];
  return sources
    .filter((source) => source.includes(':') === (family === 'ipv6'))
    .map((source) => `${source} . ${address}`);
}

/** Only a container with its own stack can bypass the host. Nested subnets are omitted: intervals may not overlap. */
function fromBeside(
  { addresses, beside, stack }: PublishIntent,
  networks: readonly NetworkIntent[],
  family: Family,
): readonly string[] {
  const address = addresses[family];
  if (address === undefined || stack !== 'own') return [];
  const subnets = networks.flatMap(({ id, subnets }) =>
    beside.includes(id) ? (subnets[family] ?? []) : [],
  );
  return outermost(subnets).map((subnet) => `${subnet} . ${address}`);
}

/** Without nested subnets and duplicates. */
export function outermost(subnets: readonly Cidr[]): readonly Cidr[] {
  const distinct = [...new Set(subnets)];
  return distinct.filter(
    (subnet) => !distinct.some((other) => other !== subnet && containsCidr(other, subnet)),
  );
}

/** The interfaces that lead to published ports: the link of an ipnet container, the bridge of any other. */
export function publishedLinks({ networks, published }: FirewallIntents): readonly string[] {
  const bridgeOf = ({ networkId }: PublishIntent): readonly NetworkIntent[] =>
    networks.filter(({ id, type }) => id === networkId && type === 'bridge');
  return unique(
    published.flatMap((publish) => [
      containerInterface(publish.containerId),
      ...bridgeOf(publish).map((network) => network.interface),
    ]),
  );
}

function mappingsOf({ port, addresses }: PublishIntent, family: Family): readonly Mapping[] {
  const address = addresses[family];
  if (address === undefined) return [];
  const [first, last] = port.hostPorts;
  return Array.from({ length: last - first + 1 }, (_, step) => ({
    interface: port.interface,
    address,
    protocol: port.protocol,
    hostPort: first + step,
    containerPort: port.containerPort + step,
  }));
}

function onHost({ protocol, hostPort }: Mapping): string {
  return `${protocol} . ${hostPort}`;
}

function destination({ address, containerPort }: Mapping): string {
  return `${address} . ${containerPort}`;
}

function inContainer({ address, protocol, containerPort }: Mapping): string {
  return `${address} . ${protocol} . ${containerPort}`;
}

/** The kernel refuses a map with two values for one key; the first is the one that was published first. */
function map(entries: readonly (readonly [key: string, value: string])[]): readonly string[] {
  const first = new Map<string, string>();
  for (const [key, value] of entries) if (!first.has(key)) first.set(key, value);
  return [...first].map(([key, value]) => `${key} : ${value}`);
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
