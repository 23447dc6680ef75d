/** Frames that an attacker sends, and what may come of each. Pure. */
import type { Body } from '../frames/ethernet.ts';
import { BROADCAST, frame } from '../frames/ethernet.ts';
import type { Place, Verdict } from '../scene/places.ts';
import type { Link, LinkName, Scene, Station } from '../scene/scene.ts';

export interface Shot {
  readonly name: string;
  readonly link: LinkName;
  readonly verdict: Verdict;
  /** Where it has to arrive. */
  readonly must?: readonly Place[];
  /** The frame, with this mark in it: what arrives is known by it. */
  readonly bytes: (mark: Uint8Array) => Buffer;
}

/** Frames that belong together, sent one after the other. */
export interface Volley {
  readonly name: string;
  shots(scene: Scene): Iterable<Shot>;
}

/** Whom a frame is for. */
export interface Target extends Station {
  readonly name: string;
}

/** The neighbour, the host, and all of a link. */
export function targetsOf({ neighbour, gateway }: Link): readonly Target[] {
  return [
    { name: 'the neighbour', ...neighbour },
    { name: 'the host', ...gateway },
    { name: 'all', mac: BROADCAST, ipv4: '255.255.255.255', ipv6: 'ff02::1' },
  ];
}

/** A shot from the attacker's own MAC address. */
export function shot(
  link: Link,
  { mac }: Pick<Station, 'mac'>,
  verdict: Verdict,
  name: string,
  body: (mark: Uint8Array) => Body,
): Shot {
  const ends = { from: link.own.mac, to: mac };
  return { name, link: link.name, verdict, bytes: (mark) => frame(ends, body(mark)) };
}

/** An IP packet's source that is not the attacker's. */
export interface Pretended {
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

export function pretendedSenders(scene: Scene, link: Link): readonly Pretended[] {
  const others = Object.values(scene.links).filter(({ name }) => name !== link.name);
  return [
    { name: 'its neighbour', ...link.neighbour },
    { name: 'its gateway', ...link.gateway },
    { name: 'a free address', ...link.free },
    ...others.map(({ name, own }) => ({ name: `itself on ${name}`, ...own })),
    { name: 'a container elsewhere', ...scene.far },
    { name: 'the host', ...scene.host },
    { name: 'a machine outside', ...scene.outside },
    { name: 'loopback', ipv4: '127.0.0.1', ipv6: '::1' },
    { name: 'a link-local address', ipv4: '169.254.7.7', ipv6: 'fe80::7' },
    { name: 'the next hop of ipnet', ipv4: '169.254.1.1', ipv6: 'fe80::1' },
    { name: 'a group', ipv4: '224.0.0.1', ipv6: 'ff02::1' },
    { name: 'broadcast', ipv4: '255.255.255.255', ipv6: 'ff0e::1' },
    { name: 'no address', ipv4: '0.0.0.0', ipv6: '::' },
    { name: 'a mapped address', ipv4: '240.0.0.1', ipv6: '::ffff:a4d:102' },
  ];
}
