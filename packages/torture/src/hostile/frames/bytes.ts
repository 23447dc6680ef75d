/** Parts of frames as bytes, in network order. Pure. */

export function u8(...values: readonly number[]): Buffer {
  return Buffer.from(values);
}

export function u16(...values: readonly number[]): Buffer {
  return Buffer.concat(values.map((value) => Buffer.from([(value >> 8) & 0xff, value & 0xff])));
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function join(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts);
}

export function zeros(length: number): Buffer {
  return Buffer.alloc(length);
}

/** A MAC address. */
export function hardware(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

export function isIpv6(address: string): boolean {
  return address.includes(':');
}

/** An address of either family. */
export function internet(address: string): Buffer {
  if (!isIpv6(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const [first, last] = [groups(head), groups(tail)];
  return u16(...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last);
}

function groups(part: string): readonly number[] {
  return part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
}

/** The checksum of the Internet protocols (RFC 1071). */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2)
    sum += ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Writes the checksum of a message at its place, with the pseudo-header of its addresses where there is one. */
export function sealed(message: Buffer, place: number, pseudo: Uint8Array = zeros(0)): Buffer {
  message.writeUInt16BE(checksum(join(pseudo, message)), place);
  return message;
}
