/** Options, extension headers, fragments, and DHCP servers in all of them. */
import {
  chain,
  destinationOptions,
  fragmentHeader,
  hopByHop,
  ipv4,
  ipv6,
  routing,
} from '../frames/ip.ts';
import type { Extension } from '../frames/ip.ts';
import { icmpv6, message, udp } from '../frames/transport.ts';
import { internet, join, u8, zeros } from '../frames/bytes.ts';
import type { Body } from '../frames/ethernet.ts';
import { linksOf } from '../scene/scene.ts';
import type { Link, Scene } from '../scene/scene.ts';
import { routerOptions, tlla } from './samples.ts';
import { shot, targetsOf } from './shot.ts';
import type { Shot, Target, Volley } from './shot.ts';

/** Routes that a packet asks for or records, the time, a router alert, and security labels (RFC 791, 3.1). */
function optionsBy(by: string, to: string): Readonly<Record<string, Uint8Array>> {
  return {
    'a loose route': join(u8(0x83, 11, 4), internet(by), internet(to), u8(0)),
    'a strict route': join(u8(0x89, 11, 4), internet(by), internet(to), u8(0)),
    'a route of one hop': join(u8(0x83, 7, 4), internet(to), u8(0)),
    'a recorded route': join(u8(7, 11, 4), zeros(8), u8(0)),
    'the time': join(u8(68, 12, 5, 0), zeros(8)),
    'a router alert': u8(148, 4, 0, 0),
    'a label': u8(134, 6, 0, 0, 0, 1, 0, 0),
  };
}

/** Where packets must not get to by way of the host. */
function beyond(scene: Scene, link: Link): readonly string[] {
  return [
    scene.far.ipv4,
    scene.outside.ipv4,
    ...linksOf(scene)
      .filter(({ name }) => name !== link.name)
      .map(({ neighbour }) => neighbour.ipv4),
  ];
}

function* options(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const to of beyond(scene, link))
      for (const first of [link.gateway.ipv4, scene.host.ipv4, link.neighbour.ipv4])
        for (const protocol of [6, 17, 1])
          for (const [what, bytes] of Object.entries(optionsBy(link.gateway.ipv4, to))) {
            const ends = { source: link.own.ipv4, destination: first };
            const name = `protocol ${protocol} to ${first} with ${what} to ${to}`;
            // The host forwards nothing because a packet asks for it; also outside it gets only what is for it.
            const mac = first === link.neighbour.ipv4 ? link.neighbour.mac : link.gateway.mac;
            yield shot(link, { mac }, 'local', name, (mark) =>
              ipv4({ ...ends, protocol, options: bytes }, message(protocol, ends, mark)),
            );
          }
}

function* extensions(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const source of [link.own.ipv6, link.neighbour.ipv6, '::1', scene.host.ipv6, 'fe80::7'])
      for (const to of [...targetsOf(link), { name: 'far', ...scene.far, mac: link.gateway.mac }])
        for (const [what, headers] of Object.entries(chains(scene)))
          for (const protocol of [6, 17, 58, 59]) {
            const ends = { source, destination: to.ipv6 };
            const verdict = source === link.own.ipv6 ? 'local' : 'dropped';
            const name = `${what}, then ${protocol}, from ${source} to ${to.name}`;
            yield shot(link, to, verdict, name, (mark) => {
              const built = chain(headers, protocol, message(protocol, ends, mark));
              return ipv6({ ...ends, protocol: built.protocol }, built.bytes);
            });
          }
}

function chains(scene: Scene): Readonly<Record<string, readonly Extension[]>> {
  return {
    'hop-by-hop options': [hopByHop],
    'destination options': [destinationOptions],
    'many headers': [hopByHop, ...Array<Extension>(8).fill(destinationOptions)],
    'options in a wrong order': [destinationOptions, hopByHop],
    'a route of type 0': [routing(0, 1, scene.far.ipv6)],
    'a route of type 2': [routing(2, 1, scene.far.ipv6)],
    'segment routing': [routing(4, 1, scene.far.ipv6)],
    'a fragment header': [fragmentHeader({ offset: 0, more: false, id: 3 })],
    'all of them': [
      hopByHop,
      destinationOptions,
      routing(0, 0, scene.far.ipv6),
      destinationOptions,
    ],
  };
}

/** What no container may say, however it is cut: its name, the headers and the message. */
interface Forbidden {
  readonly name: string;
  readonly protocol: number;
  readonly hops: number;
  readonly message: (ends: { source: string; destination: string }, mark: Uint8Array) => Buffer;
}

function forbidden({ own, neighbour }: Link): readonly Forbidden[] {
  const server = (name: string, ports: [number, number], head: Uint8Array): Forbidden => ({
    name,
    protocol: 17,
    hops: 64,
    message: (ends, mark) => udp(ends, ports, join(head, zeros(60), mark)),
  });
  return [
    server('an offer of DHCP', [67, 68], u8(2, 1, 6, 0)),
    server('an answer of DHCPv6', [547, 546], u8(2, 1, 2, 3)),
    {
      name: 'a router advertisement',
      protocol: 58,
      hops: 255,
      message: (ends, mark) => icmpv6(ends, 134, 0, join(routerOptions(own.mac), mark, zeros(4))),
    },
    {
      name: 'an advertisement for its neighbour',
      protocol: 58,
      hops: 255,
      message: (ends, mark) =>
        icmpv6(
          ends,
          136,
          0,
          join(zeros(4), internet(neighbour.ipv6), tlla(own.mac), mark, zeros(4)),
        ),
    },
  ];
}

function* whole(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const to of targetsOf(link))
      for (const { name, protocol, hops, message: build } of forbidden(link)) {
        const ends6 = { source: link.own.ipv6, destination: to.ipv6 };
        for (const headers of [
          [],
          [hopByHop],
          [destinationOptions],
          [hopByHop, routing(0, 0, '::')],
        ])
          yield shot(link, to, 'dropped', `${name} to ${to.name}`, (mark) => {
            const built = chain(headers, protocol, build(ends6, mark));
            return ipv6({ ...ends6, protocol: built.protocol, hops }, built.bytes);
          });
        const ends4 = { source: link.own.ipv4, destination: to.ipv4 };
        if (protocol !== 17) continue;
        for (const bytes of [zeros(0), u8(148, 4, 0, 0)])
          yield shot(link, to, 'dropped', `${name} to ${to.name} by IPv4`, (mark) =>
            ipv4({ ...ends4, protocol, hops, options: bytes }, build(ends4, mark)),
          );
      }
}

/**
 * Fragments: the first one with only a part of what says what it is. A later one alone says nothing, and may pass; then it
 * has no mark.
 */
function* fragments(scene: Scene): Iterable<Shot> {
  let id = 0;
  for (const link of linksOf(scene))
    for (const to of targetsOf(link))
      for (const what of forbidden(link)) {
        for (const cut of CUTS6) yield* cut6(link, to, what, (id += 1), cut);
        if (what.protocol === 17)
          for (const at of [8, 16]) yield* cut4(link, to, what, (id += 1), at);
      }
}

interface Cut6 {
  readonly how: string;
  /** What stands between the fragment header and the message. */
  readonly headers: readonly Extension[];
  readonly at: number;
}

const CUTS6: readonly Cut6[] = Object.entries({
  '': [],
  ' with options behind the fragment header': [destinationOptions],
  ' with two headers behind the fragment header': [destinationOptions, destinationOptions],
}).flatMap(([how, headers]) => [0, 8, 16].map((at) => ({ how, headers, at })));

function* cut6(
  link: Link,
  to: Target,
  { name, protocol, hops, message: build }: Forbidden,
  id: number,
  { how, headers, at }: Cut6,
): Iterable<Shot> {
  const ends = { source: link.own.ipv6, destination: to.ipv6 };
  const part = (mark: Uint8Array, offset: number, end: number | undefined): Body => {
    const { protocol: next, bytes } = chain(headers, protocol, build(ends, mark));
    const fragment = fragmentHeader({ offset, more: end !== undefined, id });
    const sent = chain([fragment], next, bytes.subarray(offset, end));
    return ipv6({ ...ends, protocol: sent.protocol, hops }, sent.bytes);
  };
  const what = `${name} to ${to.name}${how}, cut at ${at}`;
  // One that does not show what it is must not pass, and neither must one that shows what is forbidden.
  if (at > 0)
    yield shot(link, to, 'dropped', `the first fragment of ${what}`, (mark) =>
      join(part(mark, 0, at), mark),
    );
  // Without the first one nobody knows what it is.
  const verdict = headers.length === 0 && at > 0 ? 'local' : 'dropped';
  yield shot(link, to, verdict, `the rest of ${what}`, (mark) => part(mark, at, undefined));
}

function* cut4(
  link: Link,
  to: Target,
  { name, message: build }: Forbidden,
  id: number,
  at: number,
): Iterable<Shot> {
  const ends = { source: link.own.ipv4, destination: to.ipv4 };
  const part = (mark: Uint8Array, offset: number, end: number | undefined): Body =>
    ipv4(
      { ...ends, protocol: 17, fragment: { offset, more: end !== undefined, id } },
      build(ends, mark).subarray(offset, end),
    );
  yield shot(link, to, 'dropped', `the first ${at} bytes of ${name} to ${to.name}`, (mark) =>
    join(part(mark, 0, at), mark),
  );
  yield shot(link, to, 'local', `the rest of ${name} to ${to.name}`, (mark) =>
    part(mark, at, undefined),
  );
  yield shot(link, to, 'dropped', `a second first fragment of ${name} to ${to.name}`, (mark) =>
    join(part(mark, 0, 8), mark),
  );
}

/** Fragments from addresses of others: the second one shows no ports, and is checked all the same. */
function* forgedFragments(scene: Scene): Iterable<Shot> {
  let id = 0;
  for (const link of linksOf(scene))
    for (const to of targetsOf(link))
      for (const [source4, source6] of [
        [link.neighbour.ipv4, link.neighbour.ipv6],
        [link.gateway.ipv4, link.gateway.ipv6],
        [scene.outside.ipv4, scene.outside.ipv6],
      ] as const)
        for (const offset of [0, 8, 64, 1480])
          for (const more of [true, false]) {
            id += 1;
            const fragment = { offset, more, id };
            const name = `a fragment at ${offset}${more ? ', and more' : ''}, to ${to.name}`;
            yield shot(link, to, 'dropped', `${name}, from ${source4}`, (mark) =>
              ipv4(
                { source: source4, destination: to.ipv4, protocol: 17, fragment },
                join(u8(0, 67, 0, 68), zeros(12), mark, zeros(4)),
              ),
            );
            yield shot(link, to, 'dropped', `${name}, from ${source6}`, (mark) => {
              const data = join(u8(2, 35, 2, 34), zeros(12), mark, zeros(4));
              const { protocol, bytes } = chain([fragmentHeader(fragment)], 17, data);
              return ipv6({ source: source6, destination: to.ipv6, protocol }, bytes);
            });
          }
}

export const HEADER_VOLLEYS: readonly Volley[] = [
  { name: 'options of IPv4', shots: options },
  { name: 'extension headers', shots: extensions },
  { name: 'servers and routers', shots: whole },
  { name: 'fragments', shots: fragments },
  { name: 'forged fragments', shots: forgedFragments },
];
