/** What ifconfig(8) shows. Pure. */

/** An interface; only what this driver reads. */
export interface Interface {
  readonly name: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  /** Empty for none. */
  readonly description: string;
  /** The MAC address; empty for none. */
  readonly ether: string;
  readonly groups: readonly string[];
  readonly addresses: readonly { readonly address: string; readonly prefix: number }[];
  /** Of a bridge. */
  readonly members: readonly { readonly name: string; readonly flags: readonly string[] }[];
  /** The number of its routing table. */
  readonly fib: number;
  /** The flags of neighbour discovery; undefined in a kernel without IPv6. */
  readonly nd6: readonly string[] | undefined;
}

const HEAD = /^(?<name>\S.*?): flags=[0-9a-f]+(?:<(?<flags>[^>]*)>)?.* mtu (?<mtu>\d+)/;

export function parseInterfaces(text: string): readonly Interface[] {
  const blocks: string[][] = [];
  for (const line of text.split('\n')) {
    if (HEAD.test(line)) blocks.push([line]);
    else blocks.at(-1)?.push(line.trim());
  }
  return blocks.map(parseBlock);
}

function parseBlock([head = '', ...lines]: readonly string[]): Interface {
  const { name = '', flags, mtu } = HEAD.exec(head)?.groups ?? {};
  const after = (label: string): string | undefined =>
    lines.find((line) => line.startsWith(label))?.slice(label.length);
  return {
    name,
    flags: list(flags, ','),
    mtu: Number(mtu),
    description: after('description: ') ?? '',
    ether: after('ether ')?.split(' ')[0] ?? '',
    groups: list(after('groups: '), ' '),
    addresses: lines.flatMap(parseAddress),
    members: lines.flatMap(parseMember),
    fib: Number(after('fib: ') ?? 0),
    nd6: namesIn(after('nd6 options=')),
  };
}

function parseAddress(line: string): Interface['addresses'] {
  const four = /^inet (\S+) netmask 0x([0-9a-f]{8})/.exec(line);
  if (four !== null) {
    const [, address = '', mask = ''] = four;
    return [{ address, prefix: Math.clz32(~Number.parseInt(mask, 16)) }];
  }
  const [, address, length] = /^inet6 (\S+) prefixlen (\d+)/.exec(line) ?? [];
  return address === undefined ? [] : [{ address, prefix: Number(length) }];
}

function parseMember(line: string): Interface['members'] {
  const [, name, flags] = /^member: (\S+) flags=\w+<([^>]*)>/.exec(line) ?? [];
  return name === undefined ? [] : [{ name, flags: list(flags, ',') }];
}

/** `29<PERFORMNUD,IFDISABLED>`. */
function namesIn(text: string | undefined): readonly string[] | undefined {
  return text === undefined ? undefined : list(/<(.*)>/.exec(text)?.[1], ',');
}

function list(text: string | undefined, separator: string): readonly string[] {
  return (text ?? '').split(separator).filter((word) => word !== '');
}

/** The static entries of a bridge in what `ifconfig BRIDGE addr` shows: MAC addresses, each with its member. */
export function parseStaticAddresses(text: string): readonly (readonly [string, string])[] {
  return text.split('\n').flatMap((line) => {
    const [, ether, member] = /^\s*(\S+) Vlan\d+ (\S+) \d+ flags=\w+<.*STATIC.*>/.exec(line) ?? [];
    return ether === undefined || member === undefined ? [] : [[ether, member] as const];
  });
}

/** Where `route get` leads. */
export function parseRoute(text: string): {
  readonly interface?: string;
  readonly gateway?: string;
} {
  const field = (name: string): string | undefined =>
    new RegExp(`^ *${name}: (\\S+)$`, 'm').exec(text)?.[1];
  const [device, gateway] = [field('interface'), field('gateway')];
  return {
    ...(device === undefined ? {} : { interface: device }),
    ...(gateway === undefined ? {} : { gateway }),
  };
}
