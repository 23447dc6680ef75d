/** The subnets of the networks of a walk, and which address of them comes next. */

export type Family = 'ipv4' | 'ipv6';
export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** An address of a subnet is known by its number in it. */
export interface Subnet {
  readonly cidr: string;
  readonly prefix: string;
  readonly radix: 10 | 16;
  /** The numbers that are chosen automatically. */
  readonly low: number;
  readonly high: number;
  /** The last number in it. That of IPv4 is the broadcast address. */
  readonly last: number;
}

/** The subnet that the host is in with an interface of its own. */
export const LAN_SUBNET = 5;

const TINY = 4;

/** Small ones for IPv4, so that they are exhausted at times. Others have the most of that of the host's own interface. */
export function subnetOf(index: number, family: Family): Subnet {
  const high = index === LAN_SUBNET ? 3 : undefined;
  if (family === 'ipv6') {
    const last = 2 ** 40;
    const cidr = `fd77:${index}::/64`;
    return { cidr, prefix: `fd77:${index}::`, radix: 16, low: 1, high: high ?? last, last };
  }
  const bits = index === TINY ? 30 : 29;
  const last = 2 ** (32 - bits) - 1;
  const cidr = `10.77.${index}.0/${bits}`;
  return { cidr, prefix: `10.77.${index}.`, radix: 10, low: 1, high: high ?? last - 1, last };
}

export function addressIn(subnet: Subnet, number: number): string {
  return `${subnet.prefix}${number.toString(subnet.radix)}`;
}

/** The number of an address, if it is in the subnet. */
export function numberIn({ prefix, radix }: Subnet, address: string): number | undefined {
  const rest = address.startsWith(prefix) ? address.slice(prefix.length) : '';
  return /^[0-9a-f]+$/.test(rest) ? Number.parseInt(rest, radix) : undefined;
}

export function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** The next free number after the last one that was chosen automatically, wrapping. Nothing where none is free. */
export function nextFree(
  { low, high }: Subnet,
  last: number | undefined,
  taken: ReadonlySet<number>,
): number | undefined {
  const size = high - low + 1;
  const start = last === undefined ? 0 : (last - low + 1) % size;
  for (let step = 0; step < Math.min(size, taken.size + 1); step += 1) {
    const number = low + ((start + step) % size);
    if (!taken.has(number)) return number;
  }
  return undefined;
}
