/** Many frames of one kind: tables of the host overflow, or do not. What counts is that others are heard afterwards. */
import { BROADCAST, arp, frame } from '../frames/ethernet.ts';
import { ip, ipv4, ipv6 } from '../frames/ip.ts';
import { icmpv6, igmp, tcp, udp } from '../frames/transport.ts';
import { internet, join, u16, u32, u8, zeros } from '../frames/bytes.ts';
import { linksOf } from '../scene/scene.ts';
import type { Link, Scene } from '../scene/scene.ts';
import { groupMac } from './packets.ts';
import { shot } from './shot.ts';
import type { Shot, Volley } from './shot.ts';

const MANY = 6_000;

function* numbers(): Iterable<number> {
  for (let number = 0; number < MANY; number += 1) yield number;
}

/** Of a bridge: where MAC addresses are. */
function* macTable(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const number of numbers()) {
      const ends = { source: link.own.ipv4, destination: link.neighbour.ipv4 };
      const from = `02:66:00:00:${hex(number >> 8)}:${hex(number & 255)}`;
      yield {
        name: `a packet from the MAC address ${from}`,
        link: link.name,
        verdict: 'dropped',
        bytes: (mark) =>
          frame({ from, to: BROADCAST }, ip({ ...ends, protocol: 17 }, udp(ends, [9, 9], mark))),
      };
    }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** Asks for every address there is, and for its own. */
function* questions(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const number of numbers()) {
      const { own } = link;
      const target = `10.88.${number >> 8}.${number & 255}`;
      yield shot(link, { mac: BROADCAST }, 'local', `asks for ${target}`, (mark) =>
        arp(
          {
            operation: 1,
            senderMac: own.mac,
            sender: own.ipv4,
            targetMac: '00:00:00:00:00:00',
            target,
          },
          mark,
        ),
      );
      const ends = { source: own.ipv6, destination: addressOf(link, number) };
      yield shot(link, link.gateway, 'local', `asks for ${ends.destination}`, (mark) =>
        join(
          ipv6(
            { ...ends, protocol: 58, hops: 255 },
            icmpv6(ends, 135, 0, join(u32(0), internet(ends.destination))),
          ),
          mark,
        ),
      );
    }
}

/** An address of the network that nobody has. */
function addressOf({ gateway }: Link, number: number): string {
  return gateway.ipv6.replace('::1', `::77:${(number + 1).toString(16)}`);
}

/** Of the host: packets to addresses that it has to look for. */
function* neighbourTable(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const number of numbers()) {
      const ends = { source: link.own.ipv6, destination: addressOf(link, number) };
      yield shot(link, link.gateway, 'local', `a packet to ${ends.destination}`, (mark) =>
        ipv6({ ...ends, protocol: 17 }, udp(ends, [9, 9], mark)),
      );
    }
}

/** Of connections, by UDP and by TCP. */
function* connections(scene: Scene): Iterable<Shot> {
  const { lan, apart } = scene.links;
  for (const link of [lan, apart])
    for (const number of numbers())
      for (const family of ['ipv4', 'ipv6'] as const) {
        const ends = { source: link.own[family], destination: scene.outside[family] };
        const ports = [1024 + number, 9] as const;
        yield shot(link, link.gateway, 'open', `UDP from port ${ports[0]}`, (mark) =>
          ip({ ...ends, protocol: 17 }, udp(ends, ports, mark)),
        );
        yield shot(link, link.gateway, 'open', `TCP from port ${ports[0]}`, (mark) =>
          ip({ ...ends, protocol: 6 }, tcp(ends, ports, 2, mark)),
        );
      }
}

/** Of groups that a bridge remembers, and of routers for them. */
function* groups(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene)) {
    for (const number of numbers()) {
      const group = `239.1.${number >> 8}.${number & 255}`;
      const ends = { source: link.own.ipv4, destination: group };
      yield shot(link, { mac: groupMac(group) }, 'local', `listens to ${group}`, (mark) =>
        join(
          ipv4(
            { ...ends, protocol: 2, hops: 1, options: u8(0x94, 4, 0, 0) },
            igmp(0x16, group, zeros(0)),
          ),
          mark,
        ),
      );
    }
    const all = { source: link.own.ipv4, destination: '224.0.0.1' };
    yield shot(link, { mac: '01:00:5e:00:00:01' }, 'local', 'asks who listens', (mark) =>
      join(
        ipv4(
          { ...all, protocol: 2, hops: 1, options: u8(0x94, 4, 0, 0) },
          igmp(0x11, '0.0.0.0', u16(0x0202, 0)),
        ),
        mark,
      ),
    );
  }
}

export const FLOOD_VOLLEYS: readonly Volley[] = [
  { name: 'flood of MAC addresses', shots: macTable },
  { name: 'flood of questions', shots: questions },
  { name: 'flood of unknown neighbours', shots: neighbourTable },
  { name: 'flood of connections', shots: connections },
  { name: 'flood of groups', shots: groups },
];
