/** States of pf: tracked connections, which it keeps passing and translating by the rules of their first packet. */
import { BlockList } from 'node:net';
import { prefixLength } from '@kleenet/core';
import type { Cidr, CommandRunner, Flows, IpAddress, PublishedPort } from '@kleenet/core';
import { readInterfaces } from '../ifconfig.ts';
import type { Interface } from '../ifconfig.ts';
import { readJails } from '../jls.ts';
import { GROUP } from '../names.ts';
import { killStatesBetween, killStatesById, readStateLines } from '../pfctl.ts';

/** One end of a state, without the port where it has none. */
interface End {
  readonly address: IpAddress;
  readonly port?: number;
}

/** A state of pf; only the fields that klee reads. */
export interface State {
  readonly id: string;
  readonly protocol: string;
  /** Whether its first packet was inbound. */
  readonly incoming: boolean;
  /** Destination and source, each as the host sees it. */
  readonly ends: readonly End[];
  /** The ends as they appear on the wire, if translated. */
  readonly translated: readonly End[];
}

/** The first line about a state, from its protocol on: only this one has an arrow. */
const STATE =
  /(?<protocol>\S+) (?<first>\S+)(?: \((?<firstWire>\S+)\))? (?<arrow><-|->) (?<second>\S+)(?: \((?<secondWire>\S+)\))? /;

/** The states in what `pfctl -vv -s states` prints, line by line. */
export function parseStates(lines: readonly string[]): readonly State[] {
  const states: State[] = [];
  let open: Omit<State, 'id'> | undefined;
  for (const line of lines) {
    const head = STATE.exec(line)?.groups;
    const id = /^id: ([0-9a-f]+) /.exec(line)?.[1];
    if (head !== undefined) open = parseHead(head);
    else if (id !== undefined && open !== undefined) {
      states.push({ id, ...open });
      open = undefined;
    }
  }
  return states;
}

function parseHead(groups: Readonly<Record<string, string | undefined>>): Omit<State, 'id'> {
  const ends = (...names: readonly string[]): readonly End[] =>
    names.flatMap((name) => {
      const text = groups[name];
      return text === undefined ? [] : [parseEnd(text)];
    });
  return {
    protocol: groups['protocol'] ?? '',
    incoming: groups['arrow'] === '<-',
    ends: ends('first', 'second'),
    translated: ends('firstWire', 'secondWire'),
  };
}

/** `10.4.6.2:80`, `fd00::2[80]`, or an address alone. */
function parseEnd(text: string): End {
  const [, v6, port6] = /(.+)\[(\d+)\]/.exec(text) ?? [];
  const [, v4, port4] = /^([\d.]+):(\d+)$/.exec(text) ?? [];
  const port = port6 ?? port4;
  return {
    address: (v6 ?? v4 ?? text) as IpAddress,
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}

/**
 * Ends states. One command ends those between two addresses, and another the rest: pfctl(8) finds a translated state
 * only by its addresses on the wire, and by its id.
 */
export async function endStates(
  commands: CommandRunner,
  flows: Flows,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  const isMeant = await meaning(commands, flows, options);
  const look = async (): Promise<readonly State[]> =>
    parseStates(await readStateLines(commands, options)).filter(isMeant);
  const found = await look();
  if (found.length === 0) return;
  const spans =
    flows.of === 'ports' ? [] : flows.of === 'addresses' ? flows.addresses : flows.subnets;
  for (const span of spans) await killStatesBetween(commands, span, options);
  const left = spans.length === 0 ? found : await look();
  await killStatesById(
    commands,
    left.map(({ id }) => id),
    options,
  );
}

async function meaning(
  commands: CommandRunner,
  flows: Flows,
  options: { readonly signal: AbortSignal },
): Promise<(state: State) => boolean> {
  switch (flows.of) {
    case 'addresses': {
      const wanted = new Set<string>(flows.addresses);
      return (state) => touches(state, (address) => wanted.has(address));
    }
    case 'subnets': {
      const subnets = blockList(flows.subnets);
      return (state) => touches(state, (address) => subnets.check(address, typeOf(address)));
    }
    case 'ports': {
      const addresses = await hostAddresses(commands, options);
      const formerly = new Set<string>(flows.formerly);
      return (state) =>
        flows.ports.some(
          (port) =>
            isTakenAt(state, port, addresses) || leadsElsewhere(state, port, addresses, formerly),
        );
    }
  }
}

function touches({ ends, translated }: State, isMeant: (address: IpAddress) => boolean): boolean {
  return [...ends, ...translated].some(({ address }) => isMeant(address));
}

function blockList(subnets: readonly Cidr[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets)
    list.addSubnet(subnet.replace(/\/.*/, ''), prefixLength(subnet), typeOf(subnet));
  return list;
}

function typeOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** Whether the host itself took this connection at a port that is published now. */
function isTakenAt(
  { protocol, incoming, ends: [at], translated }: State,
  port: PublishedPort,
  addresses: ReadonlyMap<string, string>,
): boolean {
  const [first, last] = port.hostPorts;
  const on = at === undefined ? undefined : addresses.get(at.address);
  return (
    incoming &&
    protocol === port.protocol &&
    translated.length === 0 &&
    at?.port !== undefined &&
    first <= at.port &&
    at.port <= last &&
    on !== undefined &&
    (port.interface === undefined || port.interface === on)
  );
}

/** Whether it began at a port of the host, and is translated to an address where the port no longer leads. */
function leadsElsewhere(
  { protocol, ends, translated }: State,
  { protocol: published, hostPorts: [first, last] }: PublishedPort,
  addresses: ReadonlyMap<string, string>,
  formerly: ReadonlySet<string>,
): boolean {
  const began = translated.some(
    ({ address, port }) =>
      addresses.has(address) && port !== undefined && first <= port && port <= last,
  );
  return protocol === published && began && ends.some(({ address }) => formerly.has(address));
}

/** The host's own addresses, with their interfaces: without those of containers and of klee's networks. */
async function hostAddresses(
  commands: CommandRunner,
  options: { readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, string>> {
  const [interfaces, jails] = await Promise.all([
    readInterfaces(commands, options),
    readJails(commands, options),
  ]);
  const ofJails = new Set<string>(
    jails.flatMap(({ addresses: { ipv4, ipv6 } }) => [...ipv4, ...ipv6]),
  );
  const isOurs = ({ groups }: Interface): boolean => groups.includes(GROUP);
  return new Map(
    interfaces
      .filter((one) => !isOurs(one))
      .flatMap(({ name, addresses }) =>
        addresses
          .filter(({ address }) => !ofJails.has(address))
          .map(({ address }) => [address, name] as const),
      ),
  );
}
