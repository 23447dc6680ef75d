/** Published ports as elements of maps and sets, one for each port. Pure. */
import type {
  Family,
  FirewallIntents,
  IpAddress,
  NetworkIntent,
  PublishIntent,
} from '@kleenet/core';
import { containerInterface } from '../names.ts';
import { quoted } from './text.ts';

/** What the rules for published ports of one family look up. */
export interface PublishedElements {
  /** Protocol and host port to address and port of the container. */
  readonly anywhere: readonly string[];
  /** The same, behind the interface that the port is published on. */
  readonly onInterface: readonly string[];
  /** Address, protocol and port of the container, for those that are published on every interface. */
  readonly open: readonly string[];
  /** Interface, address, protocol and port, for those that are published on one. */
  readonly openOnInterface: readonly string[];
  /** Address, protocol and port of the latter, for those who ask from inside. */
  readonly openInside: readonly string[];
  /** Each address twice: a container that asks for its own port through the host. */
  readonly itself: readonly string[];
}

/** One port of a container, as the host and as the container number it. */
interface Mapping {
  readonly interface: string | undefined;
  readonly address: IpAddress;
  readonly protocol: string;
  readonly hostPort: number;
  readonly containerPort: number;
}

export function publishedElements(
  { published }: FirewallIntents,
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
    open: unique(free.map(inContainer)),
    openOnInterface: unique(bound.map((mapping) => `${mapping.on} . ${inContainer(mapping)}`)),
    openInside: unique(bound.map(inContainer)),
    itself: unique(mappings.map(({ address }) => `${address} . ${address}`)),
  };
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
