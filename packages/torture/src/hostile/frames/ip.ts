/** IPv4 and IPv6 packets, whole and in fragments. Pure. */
import type { Body } from './ethernet.ts';
import { TYPE, typed } from './ethernet.ts';
import { checksum, internet, isIpv6, join, u16, u32, u8, zeros } from './bytes.ts';

export interface Addresses {
  readonly source: string;
  readonly destination: string;
}

export interface Header extends Addresses {
  /** Of the payload. */
  readonly protocol: number;
  /** 64 if it is not given. */
  readonly hops?: number;
}

export interface Fragment {
  /** In bytes, a multiple of 8. */
  readonly offset: number;
  readonly more: boolean;
  readonly id: number;
}

export interface Header4 extends Header {
  readonly options?: Uint8Array;
  readonly fragment?: Fragment;
}

export function ipv4(header: Header4, payload: Uint8Array): Body {
  const { source, destination, protocol, hops = 64, options = zeros(0), fragment } = header;
  const words = 5 + options.length / 4;
  const place = fragment === undefined ? 0 : fragment.offset / 8 + (fragment.more ? 0x2000 : 0);
  const head = join(
    u8(0x40 | words, 0),
    u16(words * 4 + payload.length, fragment?.id ?? 1, place),
    u8(hops, protocol),
    u16(0),
    internet(source),
    internet(destination),
    options,
  );
  head.writeUInt16BE(checksum(head), 10);
  return typed(TYPE.ipv4, join(head, payload));
}

export function ipv6(header: Header, payload: Uint8Array): Body {
  const { source, destination, protocol, hops = 64 } = header;
  return typed(
    TYPE.ipv6,
    join(
      u32(0x60000000),
      u16(payload.length),
      u8(protocol, hops),
      internet(source),
      internet(destination),
      payload,
    ),
  );
}

/** Of the family of its addresses. */
export function ip(header: Header, payload: Uint8Array): Body {
  return isIpv6(header.source) ? ipv6(header, payload) : ipv4(header, payload);
}

/** The numbers of IPv6's extension headers. */
const NEXT = { hops: 0, routing: 43, fragment: 44, destination: 60 } as const;

/** An extension header, without the number of what follows. */
export interface Extension {
  readonly number: number;
  /** From the second byte on. */
  readonly rest: Uint8Array;
}

/** Options that mean nothing: padding (RFC 8200, 4.2). */
const PADDING = u8(0, 1, 4, 0, 0, 0, 0);

export const hopByHop: Extension = { number: NEXT.hops, rest: PADDING };
export const destinationOptions: Extension = { number: NEXT.destination, rest: PADDING };

export function routing(type: number, left: number, by: string): Extension {
  return { number: NEXT.routing, rest: join(u8(2, type, left), u32(0), internet(by)) };
}

export function fragmentHeader({ offset, more, id }: Fragment): Extension {
  return { number: NEXT.fragment, rest: join(u8(0), u16(offset + (more ? 1 : 0)), u32(id)) };
}

export interface Chain {
  /** The number of the first header. */
  readonly protocol: number;
  readonly bytes: Buffer;
}

/** Extension headers before a payload with this protocol. */
export function chain(
  extensions: readonly Extension[],
  protocol: number,
  payload: Uint8Array,
): Chain {
  const numbers = [...extensions.map(({ number }) => number), protocol];
  const heads = extensions.map(({ rest }, index) => join(u8(numbers[index + 1] ?? 0), rest));
  return { protocol: numbers[0] ?? protocol, bytes: join(...heads, payload) };
}
