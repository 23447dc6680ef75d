/**
 * The ways that packets take through a FreeBSD host, and where pf sees them: on the interfaces of a routed packet, on
 * members and bridge of a bridged one, and twice (out and in again) for what the host sends to an address of its own.
 */
import { isIP } from 'node:net';
import { Pf } from './evaluator.ts';
import type { Packet, PfInterface } from './evaluator.ts';
import { inSubnet } from './rules.ts';

/** Somebody who sends and receives. */
export interface Party {
  readonly name: string;
  /** The host itself, a jail on its stack, a jail with its own, or somebody outside. */
  readonly kind: 'host' | 'ipnet' | 'vnet' | 'outside';
  readonly addresses: readonly string[];
  /** Where its addresses are aliases (ipnet), what its epair is a member of (vnet), or where it is a neighbour. */
  readonly interface: string;
  /** Of vnet: the host's end of its epair. */
  readonly epair?: string;
}

export interface HostInterface extends PfInterface {
  readonly kind: 'lo' | 'bridge' | 'link' | 'epair';
  /** Subnets that are reached directly. */
  readonly subnets: readonly string[];
}

export interface HostOptions {
  readonly interfaces: readonly HostInterface[];
  readonly parties: readonly Party[];
  readonly uplink: string;
  readonly anchors: Readonly<Record<string, string>>;
  readonly tables?: Readonly<Record<string, readonly string[]>>;
  readonly above?: string;
  readonly below?: string;
  /** Hears of each rule that decides what becomes of a packet. */
  readonly decides?: (rule: string) => void;
  /** Bridges whose members are private: nothing is passed on from one to another. */
  readonly privateBridges?: readonly string[];
  /** Where IPv6 packets to an alias on a loopback interface go out: one kernel does this, another that. */
  readonly loopback6?: 'lo0' | 'interface';
}

/** Who got a packet, and how it arrived; or why nobody did. */
export type Outcome =
  | { readonly party: Party; readonly packet: Packet }
  | { readonly lost: string };

export class PfHost {
  readonly #options: HostOptions;
  readonly #pf: Pf;

  constructor(options: HostOptions) {
    this.#options = options;
    const interfaces = options.interfaces.map((one) => ({
      ...one,
      addresses: [
        ...one.addresses,
        ...options.parties
          .filter(({ kind, interface: name }) => kind === 'ipnet' && name === one.name)
          .flatMap(({ addresses }) => addresses),
      ],
    }));
    this.#pf = new Pf({ ...options, interfaces });
  }

  /** Whether a connection comes about: the other side gets the packet, and the answer comes back as if from there. */
  connect(from: Party, packet: Packet): { readonly reached: Party } | { readonly lost: string } {
    const there = this.send(from, packet);
    if ('lost' in there) return there;
    const { source, sourcePort, destination, port } = there.packet;
    const answer: Packet = {
      protocol: packet.protocol,
      source: destination,
      sourcePort: port,
      destination: source,
      port: sourcePort,
      opens: false,
    };
    const back = this.send(there.party, answer);
    if ('lost' in back) return { lost: `the answer: ${back.lost}` };
    const expected = [packet.destination, packet.port, packet.source, packet.sourcePort];
    const found = [
      back.packet.source,
      back.packet.sourcePort,
      back.packet.destination,
      back.packet.port,
    ];
    // From its own address the host talks to an alias: whose socket it is, ports tell.
    const home = back.party.name === from.name || from.kind === 'host';
    if (found.join(' ') !== expected.join(' ') || !home)
      return { lost: `the answer went to ${back.party.name} as ${found.join(' ')}` };
    return { reached: there.party };
  }

  /** What pf says to one packet at one place: nothing when it passes. */
  blockedAt(packet: Packet, direction: 'in' | 'out', name: string): string {
    const verdict = this.#pf.check(packet, direction, name);
    return 'blockedBy' in verdict ? verdict.blockedBy : '';
  }

  send(from: Party, packet: Packet): Outcome {
    if (from.kind === 'host' || from.kind === 'ipnet') return this.#sendLocally(packet);
    if (from.kind === 'outside') return this.#arrive(packet, from.interface);
    const neighbour = this.#options.parties.find(
      (one) =>
        one.kind === 'vnet' &&
        one.interface === from.interface &&
        one.addresses.includes(packet.destination),
    );
    if (neighbour === undefined || neighbour.name === from.name)
      return this.#arrive(packet, from.interface);
    if (this.#options.privateBridges?.includes(from.interface) === true)
      return { lost: `${from.interface} passes nothing on` };
    return this.#hooks(
      packet,
      [
        ['in', from.epair ?? ''],
        ['in', from.interface],
        ['out', from.interface],
        ['out', neighbour.epair ?? ''],
      ],
      (last) => ({ party: neighbour, packet: last }),
    );
  }

  #sendLocally(packet: Packet): Outcome {
    if (!this.#isLocal(packet.destination)) return this.#leave(packet);
    const out = this.#loopOut(packet.destination);
    const back = isIP(packet.destination) === 6 ? 'lo0' : out;
    return this.#hooks(packet, [['out', out]], (sent) => this.#arrive(sent, back));
  }

  /** The host has routes to its own addresses: by lo0, besides to IPv4 aliases on a loopback interface. */
  #loopOut(address: string): string {
    const alias = this.#options.parties.find(
      ({ kind, addresses }) => kind === 'ipnet' && addresses.includes(address),
    );
    const there = this.#options.interfaces.find(({ name }) => name === alias?.interface);
    if (there?.kind !== 'lo') return 'lo0';
    return isIP(address) === 4 || this.#options.loopback6 === 'interface' ? there.name : 'lo0';
  }

  #arrive(packet: Packet, name: string): Outcome {
    return this.#hooks(packet, [['in', name]], (last) =>
      this.#isLocal(last.destination) ? this.#deliver(last) : this.#leave(last),
    );
  }

  #leave(packet: Packet): Outcome {
    const direct = this.#options.interfaces.find(({ subnets }) =>
      subnets.some((subnet) => inSubnet(packet.destination, subnet)),
    );
    const name = direct?.name ?? this.#options.uplink;
    return this.#hooks(packet, [['out', name]], (last) => {
      const party = this.#options.parties.find(
        (one) =>
          (one.kind === 'vnet' || one.kind === 'outside') &&
          one.interface === name &&
          one.addresses.includes(last.destination),
      );
      return party === undefined
        ? { lost: `no interface has ${last.destination}` }
        : { party, packet: last };
    });
  }

  #deliver(packet: Packet): Outcome {
    const party =
      this.#options.parties.find(
        ({ kind, addresses }) => kind === 'ipnet' && addresses.includes(packet.destination),
      ) ?? this.#options.parties.find(({ kind }) => kind === 'host');
    return party === undefined ? { lost: 'no host' } : { party, packet };
  }

  #isLocal(address: string): boolean {
    const own = this.#options.interfaces.flatMap(({ addresses }) => addresses);
    const aliases = this.#options.parties
      .filter(({ kind }) => kind === 'ipnet')
      .flatMap(({ addresses }) => addresses);
    return [...own, ...aliases].includes(address);
  }

  #hooks(
    packet: Packet,
    hooks: readonly (readonly ['in' | 'out', string])[],
    then: (packet: Packet) => Outcome,
  ): Outcome {
    let current = packet;
    for (const [direction, name] of hooks) {
      const verdict = this.#pf.check(current, direction, name);
      if ('blockedBy' in verdict) return { lost: `${direction} on ${name}: ${verdict.blockedBy}` };
      current = verdict.packet;
    }
    return then(current);
  }
}
