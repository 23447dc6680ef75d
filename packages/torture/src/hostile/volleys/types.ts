/** Every EtherType, and what is not Ethernet II. */
import { TYPE, llc, snap, typed } from '../frames/ethernet.ts';
import { ip } from '../frames/ip.ts';
import { message } from '../frames/transport.ts';
import { join, u16, u8, zeros } from '../frames/bytes.ts';
import { linksOf } from '../scene/scene.ts';
import type { Link, Scene } from '../scene/scene.ts';
import { shot, targetsOf } from './shot.ts';
import type { Shot, Volley } from './shot.ts';

/** How many types one volley has. */
const PART = 0x4000;

/**
 * Behind each type the mark alone: where the type is one that passes, that is not a packet. On `lan` to all targets, and
 * elsewhere to all at once.
 */
function* types(scene: Scene, first: number): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const target of targetsOf(link).slice(link.name === 'lan' ? 0 : -1))
      for (let type = first; type < first + PART; type += 1)
        yield shot(
          link,
          target,
          'dropped',
          `type ${type.toString(16)} for ${target.name}`,
          (mark) => typed(type, join(mark, zeros(46))),
        );
}

const SAPS: readonly (readonly [number, number])[] = [
  [0x42, 0x42],
  [0xaa, 0xaa],
  [0xff, 0xff],
  [0xe0, 0xe0],
  [0xf0, 0xf0],
  [0x06, 0x06],
  [0x00, 0x01],
  [0xfe, 0xfe],
];

function* logical(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const target of targetsOf(link)) {
      for (const saps of SAPS)
        for (const length of [undefined, 0, 3, 0x05dc, 0x05ff])
          yield shot(link, target, 'dropped', `LLC ${saps.join()} for ${target.name}`, (mark) =>
            llc([saps[0], saps[1]], join(mark, zeros(40)), length),
          );
      for (const organisation of [
        [0, 0, 0],
        [0, 0, 0xf8],
        [0, 0, 0x0c],
      ])
        for (const type of [TYPE.ipv4, TYPE.ipv6, TYPE.arp, 0x8100, 0x88cc, 0x2000, 0x809b])
          yield shot(link, target, 'dropped', `SNAP ${type.toString(16)}`, (mark) =>
            snap(organisation, type, join(packet(link, mark).subarray(2), mark)),
          );
    }
}

/** A packet from the attacker itself, with its type. */
function packet({ own, neighbour }: Link, mark: Uint8Array): Uint8Array {
  const ends = { source: own.ipv4, destination: neighbour.ipv4 };
  return ip({ ...ends, protocol: 17 }, message(17, ends, mark));
}

/** Packets behind types of tunnels and of other protocols that carry them. */
const CARRIERS = {
  'PPPoE session': join(u16(0x8864), u8(0x11, 0), u16(1, 0x40, 0x21)),
  MPLS: join(u16(0x8847), u8(0, 0, 1, 0x40)),
  'MPLS multicast': join(u16(0x8848), u8(0, 0, 1, 0x40)),
  'transparent bridging': u16(0x6558),
  batman: join(u16(0x4305), zeros(10)),
  NSH: join(u16(0x894f), zeros(8)),
  ERSPAN: join(u16(0x88be), zeros(8)),
} as const;

function* carried(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const target of targetsOf(link))
      for (const [name, head] of Object.entries(CARRIERS))
        yield shot(link, target, 'dropped', `${name} for ${target.name}`, (mark) =>
          join(head, packet(link, mark).subarray(2)),
        );
}

export const TYPE_VOLLEYS: readonly Volley[] = [
  ...[0, 1, 2, 3].map((part) => ({
    name: `types from ${(part * PART).toString(16)}`,
    shots: (scene: Scene) => types(scene, part * PART),
  })),
  { name: '802.3', shots: logical },
  { name: 'carriers', shots: carried },
];
