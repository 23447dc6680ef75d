/** IP packets: from addresses of others, and from its own to where none may arrive. */
import { ip, ipv4 } from '../frames/ip.ts';
import { icmp, icmpv6, igmp, message, udp } from '../frames/transport.ts';
import { internet, join, u16, u32, u8, zeros } from '../frames/bytes.ts';
import { LINKS, linksOf } from '../scene/scene.ts';
import type { Link, Scene, Station } from '../scene/scene.ts';
import type { Verdict } from '../scene/places.ts';
import { pretendedSenders, shot, targetsOf } from './shot.ts';
import type { Shot, Volley } from './shot.ts';

/** TCP, UDP and ICMP; tunnels, security, routing, redundancy, and numbers without a meaning. */
const PROTOCOLS = [6, 17, 1, 58, 0, 2, 4, 41, 47, 50, 51, 59, 88, 89, 103, 112, 132, 136, 253, 255];
const FAMILIES = ['ipv4', 'ipv6'] as const;

interface Destination {
  readonly name: string;
  /** The MAC address that it is sent to. */
  readonly mac: string;
  readonly station: Pick<Station, 'ipv4' | 'ipv6'>;
}

function destinations(scene: Scene, link: Link): readonly Destination[] {
  const by = link.gateway.mac;
  return [
    ...targetsOf(link).map((target) => ({ ...target, station: target })),
    { name: 'a machine outside', mac: by, station: scene.outside },
    { name: 'a container elsewhere', mac: by, station: scene.far },
    { name: "the host's other address", mac: by, station: scene.host },
    {
      name: 'a group',
      mac: '01:00:5e:00:00:fb',
      station: { ipv4: '224.0.0.251', ipv6: 'ff02::fb' },
    },
  ];
}

function* senders(scene: Scene, family: 'ipv4' | 'ipv6'): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const { name: whom, mac, station } of destinations(scene, link))
      for (const { name: who, ...source } of pretendedSenders(scene, link))
        for (const protocol of PROTOCOLS) {
          const ends = { source: source[family], destination: station[family] };
          const what = `protocol ${protocol} from ${who} (${ends.source}) to ${whom}`;
          yield shot(link, { mac }, 'dropped', what, (mark) =>
            ip({ ...ends, protocol }, message(protocol, ends, mark)),
          );
        }
}

function* ownPackets(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const { name: whom, mac, station } of destinations(scene, link))
      for (const family of FAMILIES)
        for (const protocol of PROTOCOLS) {
          const ends = { source: link.own[family], destination: station[family] };
          yield shot(link, { mac }, 'open', `protocol ${protocol} of its own to ${whom}`, (mark) =>
            ip({ ...ends, protocol }, message(protocol, ends, mark)),
          );
        }
}

/** To other networks, by the host. */
function* crossing(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const { name: whom, station, verdict = 'local' } of elsewhere(scene, link))
      for (const family of FAMILIES) {
        const ends = { source: link.own[family], destination: station[family] };
        for (const protocol of PROTOCOLS)
          yield shot(link, link.gateway, verdict, `protocol ${protocol} to ${whom}`, (mark) =>
            ip({ ...ends, protocol }, message(protocol, ends, mark)),
          );
        yield* signals(link, whom, ends, verdict);
      }
}

interface Elsewhere {
  readonly name: string;
  readonly station: Pick<Station, 'ipv4' | 'ipv6'>;
  /** `local` if there is none. */
  readonly verdict?: Verdict;
}

function elsewhere(scene: Scene, link: Link): readonly Elsewhere[] {
  const others = LINKS.filter((name) => name !== link.name).map((name) => scene.links[name]);
  return [
    { name: 'a container elsewhere', station: scene.far },
    ...others.flatMap(({ name, neighbour, gateway, free }) => [
      { name: `a container of ${name}`, station: neighbour },
      { name: `the host on ${name}`, station: gateway },
      { name: `a free address of ${name}`, station: free },
    ]),
    { name: 'loopback', station: { ipv4: '127.0.0.1', ipv6: '::1' } },
    // Nobody on the host has it: the default route leads there, as to every other address.
    {
      name: 'the next hop of ipnet',
      station: { ipv4: '169.254.1.1', ipv6: 'fe80::1' },
      verdict: 'open',
    },
    { name: 'its neighbour, by the host', station: link.neighbour },
  ];
}

/** Messages of ICMP, each of them with a mark where its own data would be. */
function* signals(
  link: Link,
  whom: string,
  ends: { readonly source: string; readonly destination: string },
  verdict: Verdict,
): Iterable<Shot> {
  const isIpv4 = !ends.source.includes(':');
  const protocol = isIpv4 ? 1 : 58;
  const types = isIpv4
    ? [0, 3, 4, 5, 8, 9, 10, 11, 12, 13, 17, 40]
    : [1, 2, 3, 4, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 143, 151, 152, 155];
  for (const type of types)
    for (const hops of [64, 255]) {
      // Neighbour discovery lets no more into its message than an address and an option.
      const rest = (mark: Uint8Array): Buffer => join(u32(0), mark, zeros(4));
      yield shot(link, link.gateway, verdict, `ICMP ${type} with ${hops} hops to ${whom}`, (mark) =>
        ip(
          { ...ends, protocol, hops },
          isIpv4 ? icmp(type, 0, rest(mark)) : icmpv6(ends, type, 0, rest(mark)),
        ),
      );
    }
}

/** Those who say that they are routers, without an address of a router. */
function* redirects(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const target of targetsOf(link))
      for (const source of [link.own.ipv4, link.gateway.ipv4, '0.0.0.0'])
        for (const [type, code] of [
          [5, 0],
          [5, 1],
          [5, 3],
          [9, 0],
          [9, 16],
        ] as const) {
          const ends = { source, destination: target.ipv4 };
          yield shot(
            link,
            target,
            'dropped',
            `ICMP ${type} of ${source} to ${target.name}`,
            (mark) => ip({ ...ends, protocol: 1 }, icmp(type, code, redirected(scene, link, mark))),
          );
        }
}

/** The better router, and the packet that went the wrong way. */
function redirected(scene: Scene, { own, neighbour }: Link, mark: Uint8Array): Buffer {
  const ends = { source: neighbour.ipv4, destination: scene.outside.ipv4 };
  const packet = ip({ ...ends, protocol: 17 }, udp(ends, [5000, 9], mark));
  return join(internet(own.ipv4), packet.subarray(2));
}

const GROUPS = ['224.0.0.1', '224.0.0.2', '224.0.0.22', '224.0.0.106', '239.7.7.7'] as const;

/** Who asks for groups, who listens to them, and who is a router for them; of its own address and of others. */
function* groups(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const source of [link.own.ipv4, link.neighbour.ipv4, link.gateway.ipv4, '0.0.0.0'])
      for (const destination of GROUPS)
        for (const type of [0x11, 0x12, 0x16, 0x17, 0x22, 0x30, 0x31, 0x32]) {
          const verdict: Verdict = source === link.own.ipv4 ? 'local' : 'dropped';
          const to = { mac: groupMac(destination) };
          yield shot(link, to, verdict, `IGMP ${type} of ${source} to ${destination}`, (mark) =>
            ipv4(
              { source, destination, protocol: 2, hops: 1, options: u8(0x94, 4, 0, 0) },
              igmp(type, '239.7.7.7', join(u16(0, 0), mark)),
            ),
          );
        }
}

/** The MAC address of a group (RFC 1112, 6.4). */
export function groupMac(group: string): string {
  const [, first = 0, ...rest] = internet(group);
  const bytes = [0x01, 0x00, 0x5e, first & 0x7f, ...rest];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

export const PACKET_VOLLEYS: readonly Volley[] = [
  { name: 'senders of IPv4', shots: (scene) => senders(scene, 'ipv4') },
  { name: 'senders of IPv6', shots: (scene) => senders(scene, 'ipv6') },
  { name: 'own packets', shots: ownPackets },
  { name: 'other networks', shots: crossing },
  { name: 'redirects', shots: redirects },
  { name: 'groups of IPv4', shots: groups },
];
