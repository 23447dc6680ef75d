/** Where the packets of a modelled host go: as its addresses, routes, bridges and jails are now, and as its pf decides. */
import type { Family } from '@kleenet/core';
import { familyOf } from '../address.ts';
import { isLinkLocal } from '../kernel/addresses.ts';
import { bridgeOf, findInterface, locate } from '../kernel/interfaces.ts';
import { lookUp } from '../kernel/routes.ts';
import type { Route } from '../kernel/routes.ts';
import { stackOf } from '../machine.ts';
import type { HostState, Jail, NetworkInterface, Stack } from '../state.ts';
import { Pf } from './evaluator.ts';
import type { Packet, PfOptions } from './evaluator.ts';

/** The machine at the other end of a network card. It has a route to everything by the host. */
export interface Neighbour {
  readonly card: string;
  readonly addresses: readonly string[];
}

/** `host`, `outside`, or the name of a jail. */
export type Place = string;

export const HOST_PLACE = 'host';
export const OUTSIDE_PLACE = 'outside';

export interface Question {
  readonly from: Place;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** Who got the packet of a question, and whom it saw as its sender; the answer came back. Or why not. */
export type Outcome =
  | { readonly place: Place; readonly port: number; readonly sender: string }
  | { readonly lost: string };

type Sent = { readonly place: Place; readonly packet: Packet } | { readonly lost: string };
type Hook = readonly ['in' | 'out', string];

const CLIENT_PORT = 40_000;

export class Delivery {
  readonly #state: HostState;
  readonly #neighbour: Neighbour;
  readonly #options: PfOptions;
  readonly #local: ReadonlySet<string>;
  #pf: Pf;

  constructor(state: HostState, neighbour: Neighbour) {
    this.#state = state;
    this.#neighbour = neighbour;
    this.#options = pfOptionsOf(state);
    this.#pf = new Pf(this.#options);
    this.#local = new Set(this.#host.interfaces.flatMap(plainAddresses));
  }

  /** Sends what opens a connection, or asks by UDP, and then the answer. */
  ask({ from, address, port, protocol }: Question): Outcome {
    this.#pf = new Pf(this.#options);
    const source = this.#sourceOf(from, address);
    if (source === undefined) return { lost: `${from} has no way to ${address}` };
    const there = this.#send(from, {
      protocol,
      source,
      sourcePort: CLIENT_PORT,
      destination: address,
      port,
      opens: true,
    });
    if ('lost' in there) return there;
    const answer: Packet = {
      protocol,
      source: there.packet.destination,
      sourcePort: there.packet.port,
      destination: there.packet.source,
      port: there.packet.sourcePort,
      opens: false,
    };
    const back = this.#send(there.place, answer);
    if ('lost' in back) return { lost: `the answer: ${back.lost}` };
    const { packet } = back;
    const arrived = [packet.source, packet.sourcePort, packet.destination, packet.port].join(' ');
    // A socket of the host at an address of a jail: the kernel tells by the ports whose it is.
    const home = back.place === from || from === HOST_PLACE;
    if (!home || arrived !== [address, port, source, CLIENT_PORT].join(' '))
      return { lost: `the answer went to ${back.place} as ${arrived}` };
    return { place: there.place, port: there.packet.port, sender: there.packet.source };
  }

  get #host(): Stack {
    return stackOf(this.#state, 0);
  }

  #jail(name: Place): Jail | undefined {
    return this.#state.jails.find((one) => one.name === name && !one.dying);
  }

  /** The stack of its own that a jail has. */
  #ownStack(place: Place): Stack | undefined {
    const jail = this.#jail(place);
    return jail?.vnet === true ? stackOf(this.#state, jail.jid) : undefined;
  }

  #sourceOf(from: Place, address: string): string | undefined {
    const family = familyOf(address);
    if (from === OUTSIDE_PLACE) return ofFamily(this.#neighbour.addresses, family);
    const stack = this.#ownStack(from) ?? this.#host;
    const route = lookUp(stack, address);
    if (route === undefined) return undefined;
    const out = stack.interfaces.find((one) =>
      isOwn(stack, address) ? plainAddresses(one).includes(address) : one.name === route.netif,
    );
    const there = out === undefined ? [] : plainAddresses(out);
    const jail = this.#jail(from);
    if (jail?.vnet === false) {
      const own = jail.addresses[family];
      return there.find((one) => own.includes(one)) ?? own[0];
    }
    return there.includes(address) ? address : nearest(out, family);
  }

  #send(from: Place, packet: Packet): Sent {
    const { card } = this.#neighbour;
    if (from === OUTSIDE_PLACE)
      return this.#arrive(packet, card, findInterface(this.#host, card)?.fib);
    const own = this.#ownStack(from);
    return own === undefined ? this.#sendFromHost(packet) : this.#sendFromJail(from, own, packet);
  }

  /** What the host sends to itself leaves and arrives: IPv6 arrives on lo0, wherever it left. */
  #sendFromHost(packet: Packet): Sent {
    if (!this.#local.has(packet.destination)) return this.#leave(packet);
    const out = lookUp(this.#host, packet.destination)?.netif ?? 'lo0';
    const back = familyOf(packet.destination) === 'ipv6' ? 'lo0' : out;
    return this.#pass(packet, [['out', out]], (sent) => this.#arrive(sent, back));
  }

  #sendFromJail(from: Place, stack: Stack, packet: Packet): Sent {
    if (isOwn(stack, packet.destination)) return { place: from, packet };
    const route = lookUp(stack, packet.destination);
    const end = stack.interfaces.find(({ name }) => name === route?.netif);
    const pair = end?.peer === undefined ? undefined : locate(this.#state, end.peer);
    if (route === undefined || end === undefined || pair?.jid !== 0)
      return { lost: `${from} has no route to ${packet.destination}` };
    const bridge = bridgeOf(this.#host, pair.found.id);
    if (bridge === undefined || ![bridge, pair.found, end].every(({ up }) => up))
      return { lost: `${from}: its link is down` };
    const hop = nextHop(route, packet);
    if (plainAddresses(bridge).includes(hop))
      return this.#arrive(packet, bridge.name, pair.found.fib);
    return this.#bridged(packet, hop, bridge, pair.found);
  }

  /** From one member of a bridge to another. */
  #bridged(packet: Packet, hop: string, bridge: NetworkInterface, from: NetworkInterface): Sent {
    const to = this.#memberWith(bridge, hop);
    if (to === undefined || to.port === from)
      return { lost: `no host on ${bridge.name} has ${hop}` };
    if (isPrivate(bridge, from) && isPrivate(bridge, to.port))
      return { lost: `${bridge.name} passes nothing on` };
    const filtered = sysctlOf(this.#host, 'net.link.bridge.pfil_member') !== '0';
    const hooks: readonly Hook[] = filtered
      ? [
          ['in', from.name],
          ['in', bridge.name],
          ['out', bridge.name],
          ['out', to.port.name],
        ]
      : [
          ['in', bridge.name],
          ['out', bridge.name],
        ];
    return this.#pass(packet, hooks, (last) => ({ place: to.place, packet: last }));
  }

  /** The member of a bridge that leads to a jail with this address. */
  #memberWith(
    bridge: NetworkInterface,
    address: string,
  ): { readonly port: NetworkInterface; readonly place: Place } | undefined {
    for (const { id } of bridge.members) {
      const port = this.#host.interfaces.find((one) => one.id === id);
      const inside = port?.peer === undefined ? undefined : locate(this.#state, port.peer);
      const jail = this.#state.jails.find(({ jid, dying }) => jid === inside?.jid && !dying);
      if (port?.up === true && inside?.found.up === true && jail !== undefined) {
        if (plainAddresses(inside.found).includes(address)) return { port, place: jail.name };
      }
    }
    return undefined;
  }

  /**
   * The routing table is that of the interface which receives a frame: of a bridge, that is the member (ether_input and
   * bridge_input of 13.2).
   */
  #arrive(packet: Packet, name: string, fib: number = 0): Sent {
    return this.#pass(packet, [['in', name]], (last) => {
      if (this.#local.has(last.destination)) return this.#deliver(last);
      const setting =
        familyOf(last.destination) === 'ipv4'
          ? 'net.inet.ip.forwarding'
          : 'net.inet6.ip6.forwarding';
      if (sysctlOf(this.#host, setting) !== '1') return { lost: 'the host does not forward' };
      return this.#leave(last, fib);
    });
  }

  /** An address belongs to the jail that has it in its list, and otherwise to the host itself. */
  #deliver(packet: Packet): Sent {
    const family = familyOf(packet.destination);
    const jail = this.#state.jails.find(
      ({ vnet, dying, addresses }) =>
        !vnet && !dying && addresses[family].includes(packet.destination),
    );
    return { place: jail?.name ?? HOST_PLACE, packet };
  }

  #leave(packet: Packet, fib: number = 0): Sent {
    const route = lookUp(this.#host, packet.destination, fib);
    const out = this.#host.interfaces.find(({ name }) => name === route?.netif);
    if (route === undefined || out?.up !== true)
      return { lost: `the host has no route to ${packet.destination}` };
    return this.#pass(packet, [['out', out.name]], (last) => {
      const hop = nextHop(route, last);
      const { card, addresses } = this.#neighbour;
      if (out.name === card && addresses.includes(hop) && addresses.includes(last.destination))
        return { place: OUTSIDE_PLACE, packet: last };
      const member = this.#memberWith(out, hop);
      if (member === undefined) return { lost: `no host on ${out.name} has ${last.destination}` };
      return { place: member.place, packet: last };
    });
  }

  #pass(packet: Packet, hooks: readonly Hook[], then: (packet: Packet) => Sent): Sent {
    let current = packet;
    for (const [direction, name] of hooks) {
      const verdict = this.#pf.check(current, direction, name);
      if ('blockedBy' in verdict) return { lost: `${direction} on ${name}: ${verdict.blockedBy}` };
      current = verdict.packet;
    }
    return then(current);
  }
}

/** Of the rules only those of the anchors that `anchor "klee/*"` calls: the administrator's own pass everything. */
function pfOptionsOf(state: HostState): PfOptions {
  const { pf } = state;
  const called = pf.enabled && pf.main.rules.some((line) => line.startsWith('anchor "klee/*"'));
  const anchors = called
    ? Object.entries(pf.anchors).filter(([name]) => name.startsWith('klee/'))
    : [];
  return {
    interfaces: stackOf(state, 0).interfaces.map((one) => ({
      name: one.name,
      groups: one.groups,
      addresses: plainAddresses(one),
    })),
    anchors: Object.fromEntries(
      anchors.map(([name, { nat, rules }]) => [
        name,
        [...nat, ...rules].map((line) => `${line}\n`).join(''),
      ]),
    ),
    tables: Object.fromEntries(
      anchors.flatMap(([, { tables }]) =>
        Object.entries(tables).map(([name, { addresses }]) => [name, addresses]),
      ),
    ),
  };
}

function plainAddresses({ addresses }: NetworkInterface): string[] {
  return addresses.map(({ address }) => address).filter((address) => !isLinkLocal(address));
}

function ofFamily(addresses: readonly string[], family: Family): string | undefined {
  return addresses.find((address) => familyOf(address) === family);
}

function isOwn(stack: Stack, address: string): boolean {
  return stack.interfaces.some((one) => plainAddresses(one).includes(address));
}

function isPrivate(bridge: NetworkInterface, port: NetworkInterface): boolean {
  return bridge.members.some((member) => member.id === port.id && member.private);
}

function sysctlOf({ sysctls }: Stack, name: string): string | undefined {
  return sysctls[name];
}

/** The neighbour that a packet is handed to. */
function nextHop({ gateway }: Route, { destination }: Packet): string {
  return gateway.startsWith('link#') ? destination : gateway;
}

/** The address of the interface that the route leaves by: one with a network before aliases. */
function nearest(out: NetworkInterface | undefined, family: Family): string | undefined {
  const own = (out?.addresses ?? []).filter(
    (one) => one.family === family && !isLinkLocal(one.address),
  );
  const width = family === 'ipv4' ? 32 : 128;
  return (own.find(({ prefix }) => prefix < width) ?? own[0])?.address;
}
