/** Ethernet: frames, tags, 802.3, ARP. Pure. */
import { hardware, internet, join, u16, u8 } from './bytes.ts';

export const TYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
export const BROADCAST = 'ff:ff:ff:ff:ff:ff';

export interface Ends {
  readonly from: string;
  readonly to: string;
}

/** What stands behind the two addresses: its type or length first. */
export type Body = Uint8Array;

export function frame({ from, to }: Ends, body: Body): Buffer {
  return join(hardware(to), hardware(from), body);
}

export function typed(type: number, payload: Uint8Array): Body {
  return join(u16(type), payload);
}

/** The outermost first. */
export function tagged(tags: readonly { type: number; control: number }[], body: Body): Body {
  return join(...tags.map(({ type, control }) => u16(type, control)), body);
}

/** IEEE 802.3 with a length, and LLC (IEEE 802.2). */
export function llc(saps: readonly [number, number], payload: Uint8Array, length?: number): Body {
  return join(u16(length ?? payload.length + 3), u8(...saps, 3), payload);
}

/** SNAP: an organisation and a type behind LLC (RFC 1042). */
export function snap(organisation: readonly number[], type: number, payload: Uint8Array): Body {
  return llc([0xaa, 0xaa], join(u8(...organisation), u16(type), payload));
}

export interface Arp {
  readonly operation: number;
  readonly senderMac: string;
  readonly sender: string;
  readonly targetMac: string;
  readonly target: string;
}

/** `head` is the types and lengths of its addresses, where they are not those of Ethernet and IPv4 (RFC 826). */
export function arp(
  { operation, senderMac, sender, targetMac, target }: Arp,
  trailer: Uint8Array,
  head: Uint8Array = join(u16(1, TYPE.ipv4), u8(6, 4)),
): Body {
  return typed(
    TYPE.arp,
    join(
      head,
      u16(operation),
      ...[senderMac, sender, targetMac, target].map((text, index) =>
        index % 2 === 0 ? hardware(text) : internet(text),
      ),
      trailer,
    ),
  );
}
