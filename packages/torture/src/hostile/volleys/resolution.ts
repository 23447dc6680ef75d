/** ARP and neighbour discovery: who claims which address. */
import { BROADCAST, TYPE, arp } from '../frames/ethernet.ts';
import {
  chain,
  destinationOptions,
  fragmentHeader,
  hopByHop,
  ipv6,
  routing,
} from '../frames/ip.ts';
import type { Extension } from '../frames/ip.ts';
import { icmpv6 } from '../frames/transport.ts';
import { hardware, internet, join, u16, u32, u8, zeros } from '../frames/bytes.ts';
import { linksOf } from '../scene/scene.ts';
import type { Link, Scene } from '../scene/scene.ts';
import { routerOptions, tlla } from './samples.ts';
import { pretendedSenders, shot, targetsOf } from './shot.ts';
import type { Shot, Target, Volley } from './shot.ts';

/** Request, reply, RARP, InARP, and numbers without a meaning. */
const OPERATIONS = [1, 2, 3, 4, 8, 9, 0, 0xffff] as const;
const NOBODY = '00:00:00:00:00:00';
const UNKNOWN = '02:de:ad:be:ef:01';

function* arps(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const target of targetsOf(link))
      for (const operation of OPERATIONS) yield* arpsOf(scene, link, target, operation);
}

function* arpsOf(scene: Scene, link: Link, to: Target, operation: number): Iterable<Shot> {
  const { own, neighbour, gateway } = link;
  const senders = [own.ipv4, ...pretendedSenders(scene, link).map(({ ipv4 }) => ipv4)];
  for (const sender of senders)
    for (const senderMac of [own.mac, neighbour.mac, gateway.mac, UNKNOWN, NOBODY, BROADCAST])
      for (const target of [own.ipv4, sender, neighbour.ipv4, gateway.ipv4, '0.0.0.0']) {
        const isClaim = sender === own.ipv4 || (sender === '0.0.0.0' && target === own.ipv4);
        const verdict = senderMac === own.mac && isClaim ? 'local' : 'dropped';
        const name = `ARP ${operation}: ${sender} is at ${senderMac}, about ${target}`;
        yield shot(link, to, verdict, `${name}, to ${to.name}`, (mark) =>
          arp({ operation, senderMac, sender, targetMac: to.mac, target }, mark),
        );
      }
}

/** The types and lengths of addresses that an ARP message has for other links and protocols. */
const HEADS: Readonly<Record<string, Uint8Array>> = {
  'IEEE 802': join(u16(6, TYPE.ipv4), u8(6, 4)),
  'experimental Ethernet': join(u16(2, TYPE.ipv4), u8(6, 4)),
  InfiniBand: join(u16(32, TYPE.ipv4), u8(20, 4)),
  'a short MAC address': join(u16(1, TYPE.ipv4), u8(2, 4)),
  'no addresses': join(u16(1, TYPE.ipv4), u8(0, 0)),
  'IPv6 as the protocol': join(u16(1, TYPE.ipv6), u8(6, 16)),
  'a trailer': join(u16(1, 0x1000), u8(6, 4)),
};

function* arpForms(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const to of targetsOf(link))
      for (const [what, head] of Object.entries(HEADS))
        for (const operation of [1, 2]) {
          const { own, neighbour } = link;
          const says = { operation, senderMac: own.mac, sender: own.ipv4 };
          yield shot(link, to, 'dropped', `ARP with ${what}, to ${to.name}`, (mark) =>
            arp({ ...says, targetMac: to.mac, target: neighbour.ipv4 }, mark, head),
          );
        }
}

/** What an ND message may be about, by its type: behind the checksum. */
interface Message {
  readonly name: string;
  readonly type: number;
  readonly rest: Uint8Array;
  /** Whether a container may say this of itself, when the packet is its own as well. */
  readonly own: boolean;
}

function slla(mac: string): Buffer {
  return join(u8(1, 1), hardware(mac));
}

function messages(scene: Scene, link: Link): readonly Message[] {
  const { own, neighbour, gateway } = link;
  const about = { own: own.ipv6, neighbour: neighbour.ipv6, gateway: gateway.ipv6 };
  const macs = [own.mac, neighbour.mac, gateway.mac, UNKNOWN];
  const others = Object.entries({ ...about, far: scene.far.ipv6, host: scene.host.ipv6 });
  return [
    ...others.flatMap(([name, target]) => [
      { name: `solicits ${name}`, type: 135, rest: join(u32(0), internet(target)), own: true },
      {
        name: `advertises ${name}, overriding`,
        type: 136,
        rest: join(u32(0x20000000), internet(target)),
        own: name === 'own',
      },
      ...macs.flatMap((mac) => [
        {
          name: `solicits ${name} as ${mac}`,
          type: 135,
          rest: join(u32(0), internet(target), slla(mac)),
          own: mac === own.mac,
        },
        ...[0xe0000000, 0x20000000, 0].map((flags) => ({
          name: `advertises ${name} at ${mac} with ${flags.toString(16)}`,
          type: 136,
          rest: join(u32(flags), internet(target), tlla(mac)),
          own: name === 'own' && mac === own.mac,
        })),
        {
          name: `advertises ${name} at ${mac}, after another option`,
          type: 136,
          rest: join(u32(0x60000000), internet(target), tlla(own.mac), tlla(mac)),
          own: false,
        },
      ]),
      {
        name: `redirects ${name}`,
        type: 137,
        rest: join(u32(0), internet(own.ipv6), internet(target), tlla(own.mac)),
        own: false,
      },
    ]),
    { name: 'is a router', type: 134, rest: routerOptions(own.mac), own: false },
    { name: 'was a router', type: 134, rest: join(u8(64, 0), u16(0), zeros(8)), own: false },
  ];
}

/** Headers in front of a message. Of two fragments the second has the message. */
const BEFORE: Readonly<Record<string, readonly Extension[]>> = {
  nothing: [],
  'hop-by-hop options': [hopByHop],
  'destination options': [destinationOptions],
  'two headers': [hopByHop, destinationOptions],
  'a fragment header': [fragmentHeader({ offset: 0, more: false, id: 7 })],
  'options behind a fragment header': [
    fragmentHeader({ offset: 0, more: false, id: 8 }),
    destinationOptions,
  ],
  routing: [routing(0, 0, '2001:db8::2')],
};

function* discovery(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const to of targetsOf(link))
      for (const source of [link.own.ipv6, '::', 'fe80::7', 'fe80::1', link.neighbour.ipv6])
        for (const message of messages(scene, link))
          for (const [before, headers] of Object.entries(BEFORE))
            yield discoveryShot(link, to, source, message, before, headers);
}

function discoveryShot(
  link: Link,
  to: Target,
  source: string,
  { name, type, rest, own }: Message,
  before: string,
  headers: readonly Extension[],
): Shot {
  const ends = { source, destination: to.ipv6 };
  // Without a source it only asks whether its own address is another's (RFC 4862, 5.4.2).
  const isProbe = source === '::' && name.startsWith('solicits own');
  const isOwn = own && before === 'nothing' && (source === link.own.ipv6 || isProbe);
  const what = `${source} ${name} behind ${before}, to ${to.name}`;
  return shot(link, to, isOwn ? 'local' : 'dropped', what, (mark) => {
    const { protocol, bytes } = chain(headers, 58, icmpv6(ends, type, 0, rest));
    return join(ipv6({ ...ends, protocol, hops: 255 }, bytes), mark);
  });
}

export const RESOLUTION_VOLLEYS: readonly Volley[] = [
  { name: 'ARP', shots: arps },
  { name: 'forms of ARP', shots: arpForms },
  { name: 'neighbour discovery', shots: discovery },
];
