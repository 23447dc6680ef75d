/** What a container of the driver ipnet can make its sockets send: it has no others. */
import { BROADCAST, frame } from '../frames/ethernet.ts';
import { ip } from '../frames/ip.ts';
import { message } from '../frames/transport.ts';
import { internet, isIpv6, join, u16, u32, u8, zeros } from '../frames/bytes.ts';
import { linksOf } from '../scene/scene.ts';
import type { LinkName, Scene } from '../scene/scene.ts';
import { pretendedSenders } from './shot.ts';
import type { Shot, Volley } from './shot.ts';

/** What sockets.py reads, without its data. */
interface Attempt {
  readonly type: 'datagram' | 'raw' | 'packet';
  readonly protocol: number;
  readonly to: string;
  readonly source?: string;
  readonly how?: 'bind' | 'message';
  readonly from?: number;
  readonly option?: number;
  readonly options?: string;
}

export function attemptShot(
  name: string,
  own: boolean,
  attempt: Attempt,
  data: (mark: Uint8Array) => Uint8Array,
  // The network is that of the address that it comes from, or else of the one that it goes to.
  by: string = attempt.to,
): Shot {
  return {
    name,
    link: linkOf(by),
    verdict: own ? 'open' : 'dropped',
    bytes: (mark) =>
      Buffer.from(
        JSON.stringify({ from: 0, ...attempt, data: Buffer.from(data(mark)).toString('hex') }),
      ),
  };
}

/** A container by ipnet has one interface: an address says which network it is. */
function linkOf(address: string): LinkName {
  if (/^(10\.88\.2|fd88:2:)/.test(address)) return 'apart';
  return /^(10\.88\.3|fd88:3:)/.test(address) ? 'inner' : 'lan';
}

/** Broadcasts, groups, and what every host has. */
const GROUPS = [
  '255.255.255.255',
  '10.88.1.255',
  '224.0.0.1',
  '224.0.0.251',
  '239.7.7.7',
  '169.254.1.1',
  '127.0.0.1',
  'ff02::1',
  'ff02::2',
  'ff02::fb',
  'ff0e::7',
  'fe80::1',
  '::ffff:10.88.4.14',
  '::1',
] as const;

function destinations(scene: Scene): readonly string[] {
  const { far, host, outside, peer } = scene;
  const stations = linksOf(scene).flatMap(({ neighbour, gateway, free }) => [
    neighbour,
    gateway,
    free,
  ]);
  return [
    ...[...stations, far, host, outside, peer].flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]),
    ...GROUPS,
  ];
}

/**
 * Whether the kernel chooses an address: there is none, or a socket is bound to a group or to a broadcast address, or it is one
 * for echo requests of IPv6, which ignores the address that comes with a message.
 */
function isKernelsChoice(protocol: number, source: string, how: 'bind' | 'message'): boolean {
  const isGroup = /^(224|255|ff)/.test(source);
  if (['0.0.0.0', '::'].includes(source)) return true;
  return how === 'bind' ? isGroup : protocol === 58;
}

function isMessage(protocol: number): boolean {
  return protocol === 1 || protocol === 58;
}

/** An echo request where the protocol is one of messages. */
function dataOf(protocol: number, mark: Uint8Array): Buffer {
  return isMessage(protocol)
    ? join(u8(protocol === 1 ? 8 : 128, 0), u16(0, 7, 1), mark)
    : Buffer.from(mark);
}

function* sockets(scene: Scene): Iterable<Shot> {
  const { links } = scene;
  for (const to of destinations(scene)) {
    const family = isIpv6(to) ? 'ipv6' : 'ipv4';
    for (const protocol of [17, 136, isIpv6(to) ? 58 : 1]) {
      const name = `protocol ${protocol} to ${to}`;
      const type = 'datagram' as const;
      yield attemptShot(name, true, { type, protocol, to }, (mark) => dataOf(protocol, mark));
      for (const pretended of pretendedSenders(scene, links.lan))
        for (const how of ['bind', 'message'] as const) {
          const source = pretended[family];
          const isChosen = isKernelsChoice(protocol, source, how);
          const isOwn = linksOf(scene).some(({ own }) => own[family] === source);
          const what = `${name} from ${pretended.name} (${source}), by ${how}`;
          yield attemptShot(
            what,
            isOwn || isChosen,
            { type, protocol, to, source, how },
            (mark) => dataOf(protocol, mark),
            isOwn && !isChosen ? source : to,
          );
        }
    }
    yield attemptShot(`fragments to ${to}`, true, { type: 'datagram', protocol: 17, to }, (mark) =>
      join(mark, zeros(2_900), mark),
    );
    yield* denied(scene, to);
  }
}

/** What it has no right to: raw sockets, and those that send frames. */
function* denied(scene: Scene, to: string): Iterable<Shot> {
  const { own, gateway } = scene.links.lan;
  for (const protocol of [1, 2, 6, 17, 47, 58, 89, 253, 255])
    yield attemptShot(
      `a raw socket of ${protocol} to ${to}`,
      false,
      { type: 'raw', protocol, to },
      (mark) => join(zeros(8), mark),
    );
  const ends = { source: isIpv6(to) ? own.ipv6 : own.ipv4, destination: to };
  yield attemptShot(`a frame to ${to}`, false, { type: 'packet', protocol: 0, to }, (mark) =>
    frame(
      { from: own.mac, to: gateway.mac },
      ip({ ...ends, protocol: 17 }, message(17, ends, mark)),
    ),
  );
  yield attemptShot(
    `a frame of no type to ${to}`,
    false,
    { type: 'packet', protocol: 0, to },
    (mark) => join(frame({ from: own.mac, to: BROADCAST }, u16(0x88cc)), mark, zeros(40)),
  );
}

/** Routes that the packet itself asks for (ip(7), ipv6(7)). */
function* routes(scene: Scene): Iterable<Shot> {
  const { links, far, host, outside } = scene;
  const last = [far, outside, links.apart.neighbour, links.inner.neighbour, links.lan.neighbour];
  for (const first of [links.lan.gateway, host, outside, links.lan.neighbour])
    for (const { ipv4, ipv6 } of last) {
      for (const kind of [0x83, 0x89])
        for (const protocol of [17, 1]) {
          const options = join(u8(kind, 7, 4), internet(ipv4), u8(0)).toString('hex');
          const attempt = {
            type: 'datagram',
            protocol,
            to: first.ipv4,
            option: 4,
            options,
          } as const;
          yield attemptShot(`a route ${kind} by ${first.ipv4} to ${ipv4}`, true, attempt, (mark) =>
            dataOf(protocol, mark),
          );
        }
      for (const [option, type] of [
        [57, 0],
        [57, 2],
        [57, 4],
        [54, 0],
        [59, 0],
      ] as const) {
        const head =
          option === 57
            ? join(u8(0, 2, type, type === 4 ? 0 : 1), u32(0), internet(ipv6))
            : u8(0, 0, 1, 4, 0, 0, 0, 0);
        const options = head.toString('hex');
        const attempt = {
          type: 'datagram',
          protocol: 17,
          to: first.ipv6,
          option,
          options,
        } as const;
        yield attemptShot(
          `header ${option}/${type} by ${first.ipv6} to ${ipv6}`,
          true,
          attempt,
          (mark) => Buffer.from(mark),
          // Segment routing sends it to the last address at once, where no others are left.
          type === 4 ? ipv6 : first.ipv6,
        );
      }
    }
}

export const SOCKET_VOLLEYS: readonly Volley[] = [
  { name: 'sockets', shots: sockets },
  { name: 'routes of sockets', shots: routes },
];
