/** Addresses with their scope, label and flags. */
import { sure } from '../../world/processes.ts';
import { at, named, once } from './entry.ts';
import type { Entry, Place } from './entry.ts';

interface Address {
  readonly local: string;
  readonly prefixlen: number;
  readonly [name: string]: unknown;
}

/** They say how far the kernel has come with it. */
const VOLATILE = new Set(['tentative', 'dadfailed', 'optimistic']);

export async function addresses(place: Place): Promise<readonly Entry[]> {
  const shown = await sure([...at('ip', place), '-j', '-d', 'address', 'show']);
  const all = JSON.parse(shown) as readonly { ifname: string; addr_info?: readonly Address[] }[];
  return all.flatMap(({ ifname, addr_info: found = [] }) =>
    found.filter(({ local }) => local !== undefined).map((one) => entryOf(ifname, one, place)),
  );
}

function entryOf(device: string, address: Address, place: Place): Entry {
  const { local, prefixlen, ...rest } = address;
  const change = (verb: string, prefix: number): readonly string[] => [
    ...at('ip', place),
    'address',
    verb,
    `${local}/${prefix}`,
    'dev',
    device,
  ];
  const another = prefixlen >= 31 ? prefixlen - 6 : prefixlen + 1;
  return {
    key: named(place, `address ${local}/${prefixlen} of ${device}`),
    value: JSON.stringify(Object.entries(rest).filter(([name]) => !VOLATILE.has(name))),
    ways: () => [
      once('deleted', change('delete', prefixlen)),
      once(`with the prefix length ${another}`, change('delete', prefixlen), [
        ...change('add', another),
        ...(local.includes(':') ? ['nodad'] : []),
      ]),
    ],
  };
}
