/** Frames as they are on the wire: what no socket of the kernel would send. Pure. */
import { isIPv6 } from 'node:net';

type Octets = readonly number[];

export interface FrameAddresses {
  readonly fromMac: string;
  readonly toMac: string;
}

export interface UdpAddresses {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly port: number;
}

export const ETHER = { arp: 0x0806, ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, other: 0x88b5 };
const ICMP6 = 58;
const FRAGMENT = 44;
/** Headers that IPv6 has between its own and that of the payload (RFC 8200, 4.1; RFC 4302). */
export const EXTENSION_HEADERS = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  options: 60,
};

/** A frame as hexadecimal digits, padded to the shortest that Ethernet has. */
export function frame({ fromMac, toMac }: FrameAddresses, type: number, body: Octets): string {
  const octets = [...macOctets(toMac), ...macOctets(fromMac), ...two(type), ...body];
  const padded = [...octets, ...Array<number>(Math.max(0, 60 - octets.length)).fill(0)];
  return Buffer.from(padded).toString('hex');
}

/** An IPv4 or IPv6 packet that carries text by UDP, and the type of its frame. */
export function udp(addresses: UdpAddresses, text: string): { type: number; body: Octets } {
  const { source, destination, sourcePort, port } = addresses;
  const data = [...Buffer.from(text)];
  const header = [...two(sourcePort), ...two(port), ...two(data.length + 8)];
  const sum = checksum([
    ...pseudoHeader(source, destination, data.length + 8, 17),
    ...header,
    0,
    0,
    ...data,
  ]);
  return packet(source, destination, 17, [...header, ...two(sum), ...data]);
}

/** A packet of any protocol. */
function packet(
  source: string,
  destination: string,
  protocol: number,
  body: Octets,
): { type: number; body: Octets } {
  if (isIPv6(source)) {
    const header = [0x60, 0, 0, 0, ...two(body.length), protocol, 255];
    return {
      type: ETHER.ipv6,
      body: [...header, ...ipOctets(source), ...ipOctets(destination), ...body],
    };
  }
  const rest = [0, 1, 0, 0, 64, protocol];
  const ends = [...ipOctets(source), ...ipOctets(destination)];
  const start = [0x45, 0, ...two(20 + body.length), ...rest];
  const sum = checksum([...start, 0, 0, ...ends]);
  return { type: ETHER.ipv4, body: [...start, ...two(sum), ...ends, ...body] };
}

/** An ICMP message of either family, from its type, code and the rest. */
export function icmp(
  source: string,
  destination: string,
  message: Octets,
): { type: number; body: Octets } {
  const [type = 0, code = 0, ...rest] = message;
  if (!isIPv6(source)) {
    const sum = checksum([type, code, 0, 0, ...rest]);
    return packet(source, destination, 1, [type, code, ...two(sum), ...rest]);
  }
  const pseudo = pseudoHeader(source, destination, message.length + 2, ICMP6);
  const sum = checksum([...pseudo, type, code, 0, 0, ...rest]);
  return packet(source, destination, ICMP6, [type, code, ...two(sum), ...rest]);
}

/** A neighbour solicitation (135) or advertisement (136) with its first option, a MAC address. */
export function discovery(
  type: 135 | 136,
  ends: { readonly source: string; readonly destination: string },
  { target, mac }: { readonly target: string; readonly mac?: string },
): { type: number; body: Octets } {
  const flags = type === 136 ? [0x20, 0, 0, 0] : [0, 0, 0, 0];
  const option = mac === undefined ? [] : [type === 135 ? 1 : 2, 1, ...macOctets(mac)];
  return icmp(ends.source, ends.destination, [type, 0, ...flags, ...ipOctets(target), ...option]);
}

/** The same behind a hop-by-hop header, which rules that look at fixed offsets do not see through. */
export function behindHeader({ type, body }: { type: number; body: Octets }): {
  type: number;
  body: Octets;
} {
  const length = body.length - 40 + 8;
  const header = [...body.slice(0, 4), ...two(length), 0, 255, ...body.slice(8, 40)];
  return { type, body: [...header, ICMP6, 0, 1, 4, 0, 0, 0, 0, ...body.slice(40)] };
}

/** The first fragment of an IPv6 packet, with text behind the fragment header as if it were a header of this number. */
export function firstFragment(
  { source, destination }: Pick<UdpAddresses, 'source' | 'destination'>,
  next: number,
  text: string,
): { type: number; body: Octets } {
  const inside = [...Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8))];
  return packet(source, destination, FRAGMENT, [next, 0, 0, 1, 0, 0, 0, 7, ...inside]);
}

/** ARP, by which `mac` says that it has `address`: a request (1) or an answer (2). */
export function arp(
  operation: 1 | 2,
  { mac, address }: { readonly mac: string; readonly address: string },
  target: string,
): { type: number; body: Octets } {
  const sender = [...macOctets(mac), ...ipOctets(address)];
  return {
    type: ETHER.arp,
    body: [0, 1, 8, 0, 6, 4, 0, operation, ...sender, 0, 0, 0, 0, 0, 0, ...ipOctets(target)],
  };
}

function pseudoHeader(
  source: string,
  destination: string,
  length: number,
  protocol: number,
): Octets {
  return [...ipOctets(source), ...ipOctets(destination), 0, protocol, ...two(length)];
}

/** RFC 1071. */
function checksum(octets: Octets): number {
  let sum = 0;
  for (let index = 0; index < octets.length; index += 2)
    sum += ((octets[index] ?? 0) << 8) | (octets[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === 0xffff ? sum : ~sum & 0xffff;
}

function two(number: number): Octets {
  return [number >> 8, number & 255];
}

export function macOctets(mac: string): Octets {
  return mac.split(':').map((octet) => Number.parseInt(octet, 16));
}

function ipOctets(address: string): Octets {
  if (!isIPv6(address)) return address.split('.').map(Number);
  const [first = [], last = []] = address
    .split('::')
    .map((side) => side.split(':').filter((group) => group !== ''));
  const groups = [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last];
  return groups.flatMap((group) => two(Number.parseInt(group, 16)));
}
