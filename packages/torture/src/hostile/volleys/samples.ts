/** Bodies that a container must not send to anybody, and one that it may, to be put into other frames. Pure. */
import { arp } from '../frames/ethernet.ts';
import type { Body } from '../frames/ethernet.ts';
import { ip } from '../frames/ip.ts';
import { icmpv6, message } from '../frames/transport.ts';
import { hardware, internet, join, u16, u32, u8 } from '../frames/bytes.ts';
import type { Link, Scene } from '../scene/scene.ts';
import type { Target } from './shot.ts';

export interface Sample {
  readonly name: string;
  /** Whether an attacker may send it by itself. */
  readonly own: boolean;
  readonly body: (mark: Uint8Array) => Body;
}

export function samples(scene: Scene, link: Link, target: Target): readonly Sample[] {
  const { own, neighbour, gateway } = link;
  const datagram = (name: string, isOwn: boolean, source: string, destination: string): Sample => ({
    name,
    own: isOwn,
    body: (mark) =>
      ip({ source, destination, protocol: 17 }, message(17, { source, destination }, mark)),
  });
  const claim = (name: string, sender: string): Sample => ({
    name,
    own: false,
    body: (mark) =>
      arp(
        {
          operation: 2,
          senderMac: own.mac,
          sender,
          targetMac: target.mac,
          target: target.ipv4,
        },
        mark,
      ),
  });
  return [
    datagram('IPv4 of its own', true, own.ipv4, target.ipv4),
    datagram('IPv6 of its own', true, own.ipv6, target.ipv6),
    datagram('IPv4 of its neighbour', false, neighbour.ipv4, target.ipv4),
    datagram('IPv6 of its neighbour', false, neighbour.ipv6, target.ipv6),
    datagram('IPv4 of a machine outside', false, scene.outside.ipv4, target.ipv4),
    claim('ARP for its neighbour', neighbour.ipv4),
    claim('ARP for its gateway', gateway.ipv4),
    advertisement('an advertisement for its neighbour', link, target, neighbour.ipv6),
    advertisement('an advertisement for its gateway', link, target, gateway.ipv6),
    routerAdvertisement(link, target),
  ];
}

function advertisement(name: string, { own }: Link, target: Target, address: string): Sample {
  const ends = { source: own.ipv6, destination: target.ipv6 };
  return {
    name,
    own: false,
    body: (mark) =>
      join(
        ip(
          { ...ends, protocol: 58, hops: 255 },
          icmpv6(ends, 136, 0, join(u32(0x60000000), internet(address), tlla(own.mac))),
        ),
        mark,
      ),
  };
}

/** The option with the target's link-layer address (RFC 4861, 4.6.1). */
export function tlla(mac: string): Buffer {
  return join(u8(2, 1), hardware(mac));
}

/** A default route, a prefix, an MTU and a name server (RFC 4861, 4.2; RFC 8106, 5.1). */
export function routerOptions(mac: string): Buffer {
  const prefix = internet('2001:db8:bad::');
  return join(
    u8(64, 0),
    u16(1800),
    u32(0),
    u32(0),
    u8(1, 1),
    hardware(mac),
    u8(3, 4, 64, 0xc0),
    u32(86_400),
    u32(86_400),
    u32(0),
    prefix,
    u8(5, 1),
    u16(0),
    u32(1280),
    u8(25, 3),
    u16(0),
    u32(1800),
    internet('2001:db8:bad::53'),
  );
}

function routerAdvertisement({ own }: Link, target: Target): Sample {
  const ends = { source: 'fe80::7', destination: target.ipv6 };
  return {
    name: 'a router advertisement',
    own: false,
    body: (mark) =>
      join(
        ip({ ...ends, protocol: 58, hops: 255 }, icmpv6(ends, 134, 0, routerOptions(own.mac))),
        mark,
      ),
  };
}
