/** What IP packets carry. Pure. */
import type { Addresses } from './ip.ts';
import { internet, isIpv6, join, sealed, u16, u32, u8 } from './bytes.ts';

const PROTOCOL = { icmp: 1, igmp: 2, tcp: 6, udp: 17, icmpv6: 58 } as const;

/** What checksums cover beside the message (RFC 8200, 8.1). */
function pseudo({ source, destination }: Addresses, protocol: number, length: number): Buffer {
  return join(
    internet(source),
    internet(destination),
    isIpv6(source) ? u32(length) : u16(length),
    isIpv6(source) ? u32(protocol) : u16(protocol),
  );
}

export function udp(
  ends: Addresses,
  [from, to]: readonly [number, number],
  data: Uint8Array,
): Buffer {
  const built = join(u16(from, to, 8 + data.length, 0), data);
  return sealed(built, 6, pseudo(ends, PROTOCOL.udp, built.length));
}

/** SYN is 2, ACK is 16. */
export function tcp(
  ends: Addresses,
  [from, to]: readonly [number, number],
  flags: number,
  data: Uint8Array,
): Buffer {
  const built = join(
    u16(from, to),
    u32(1),
    u32(flags & 16 ? 1 : 0),
    u8(0x50, flags),
    u16(1024, 0, 0),
    data,
  );
  return sealed(built, 16, pseudo(ends, PROTOCOL.tcp, built.length));
}

/** ICMP for IPv4. The rest begins with the four bytes behind the checksum. */
export function icmp(type: number, code: number, rest: Uint8Array): Buffer {
  return sealed(join(u8(type, code), u16(0), rest), 2);
}

export function icmpv6(ends: Addresses, type: number, code: number, rest: Uint8Array): Buffer {
  const built = join(u8(type, code), u16(0), rest);
  return sealed(built, 2, pseudo(ends, PROTOCOL.icmpv6, built.length));
}

export function igmp(type: number, group: string, rest: Uint8Array): Buffer {
  return sealed(join(u8(type, 10), u16(0), internet(group), rest), 2);
}

/** A message of any protocol, with data in it. */
export function message(protocol: number, ends: Addresses, data: Uint8Array): Buffer {
  switch (protocol) {
    case PROTOCOL.udp:
      return udp(ends, [40_000, 9], data);
    case PROTOCOL.tcp:
      return tcp(ends, [40_000, 9], 2, data);
    case PROTOCOL.icmp:
      return icmp(8, 0, join(u16(7, 1), data));
    case PROTOCOL.icmpv6:
      return icmpv6(ends, 128, 0, join(u16(7, 1), data));
    default:
      return join(u32(0), data);
  }
}
