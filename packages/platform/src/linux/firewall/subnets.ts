/**
 * Sets of subnets, in which the kernel looks up the networks of a packet. Pure.
 *
 * An interval set is a tree, and the more networks there are, the longer the way through it. So there is a set for each
 * length of prefix, which is a hash table: a rule masks the address, and one look-up answers for any number of networks.
 */
import { FAMILIES, prefixLength } from '@kleenet/core';
import type { Cidr, Family, NetworkIntent } from '@kleenet/core';
import { toInternal } from './internal.ts';
import { quoted, WORDS } from './text.ts';
import type { SetText } from './text.ts';

/** A part of an element: an interface of the network, or its subnet. */
type Part = 'interface' | 'natInterface' | 'subnet';

type SubnetSetName =
  | 'subnets'
  | 'bridged'
  | 'same'
  | 'icc'
  | 'icc_custom'
  | 'icc_on'
  | 'internal'
  | 'hairpin'
  | 'nat'
  | 'nat_on';

interface SubnetSet {
  readonly parts: readonly Part[];
  /** Whether the set has the subnets of a network. */
  readonly has: (network: NetworkIntent) => boolean;
  /** For a verdict map: what it says about a network. */
  readonly verdict?: (network: NetworkIntent) => string;
}

const SETS: Readonly<Record<SubnetSetName, SubnetSet>> = {
  /** Subnets that exist only on this host. That of a custom network is shared with its neighbours, which anyone may reach. */
  subnets: { parts: ['subnet'], has: ({ type }) => type !== 'custom' },
  bridged: { parts: ['interface', 'subnet'], has: ({ type }) => type === 'bridge' },
  /** Source and destination in one network. */
  same: { parts: ['subnet', 'subnet'], has: () => true },
  /** The same, where containers reach each other. */
  icc: { parts: ['subnet', 'subnet'], has: ({ type, icc }) => icc && type !== 'custom' },
  icc_custom: { parts: ['subnet', 'subnet'], has: ({ type, icc }) => icc && type === 'custom' },
  icc_on: {
    parts: ['interface', 'subnet', 'subnet'],
    has: ({ type, icc }) => icc && type === 'custom',
  },
  internal: { parts: ['subnet'], has: ({ internal }) => internal, verdict: toInternal },
  /** Where neighbours would answer each other directly. An internal network publishes nothing. */
  hairpin: {
    parts: ['interface', 'subnet'],
    has: ({ type, internal }) => type === 'bridge' && !internal,
  },
  nat: {
    parts: ['subnet'],
    has: ({ nat, internal, natInterface }) => nat && !internal && natInterface === undefined,
  },
  nat_on: {
    parts: ['natInterface', 'subnet'],
    has: ({ nat, internal, natInterface }) => nat && !internal && natInterface !== undefined,
  },
};

const SET_NAMES = Object.keys(SETS) as readonly SubnetSetName[];

/** All sets with the subnets of these networks, and none that is empty. */
export function subnetSets(networks: readonly NetworkIntent[]): readonly SetText[] {
  return FAMILIES.flatMap((family) =>
    SET_NAMES.flatMap((name) =>
      lengthsIn(networks, name, family).map((length) => ({
        name: nameOf(name, family, length),
        type: typeOf(name, family),
        elements: elementsOf(networks, name, { family, length }),
      })),
    ),
  );
}

/** How a rule looks up addresses in the sets for one length of prefix. */
interface LookUp {
  /** The masked source and destination. */
  readonly from: string;
  readonly to: string;
  readonly set: (name: SubnetSetName) => string;
}

/** A rule for each length of prefix in a set: none where no network has a subnet in it. */
export function lookedUp(
  networks: readonly NetworkIntent[],
  name: SubnetSetName,
  rule: (words: LookUp) => string,
): readonly string[] {
  return FAMILIES.flatMap((family) =>
    lengthsIn(networks, name, family).map((length) => {
      const words = WORDS[family];
      const mask = maskOf(family, length);
      return rule({
        from: `${words.ip} saddr & ${mask}`,
        to: `${words.ip} daddr & ${mask}`,
        set: (other) => `@${nameOf(other, family, length)}`,
      });
    }),
  );
}

function nameOf(name: SubnetSetName, family: Family, length: number): string {
  return `${name}${WORDS[family].suffix}_${length}`;
}

function typeOf(name: SubnetSetName, family: Family): string {
  const { parts, verdict } = SETS[name];
  const key = parts.map((part) => (part === 'subnet' ? WORDS[family].type : 'ifname')).join(' . ');
  return verdict === undefined ? key : `${key} : verdict`;
}

/** Two networks may have the same subnet, if the user insists on it: the first is there. */
function elementsOf(
  networks: readonly NetworkIntent[],
  name: SubnetSetName,
  { family, length }: { readonly family: Family; readonly length: number },
): readonly string[] {
  const { parts, verdict } = SETS[name];
  const elements = new Map<string, string>();
  for (const { network, length: own, words } of membersOf(networks, name, family).list) {
    if (own !== length) continue;
    let key = '';
    for (const part of parts) key = key === '' ? words[part] : `${key} . ${words[part]}`;
    const element = verdict === undefined ? key : `${key} : ${verdict(network)}`;
    if (!elements.has(key)) elements.set(key, element);
  }
  return [...elements.values()];
}

function lengthsIn(
  networks: readonly NetworkIntent[],
  name: SubnetSetName,
  family: Family,
): readonly number[] {
  return membersOf(networks, name, family).lengths;
}

/** A network with a subnet of a family. */
interface Member {
  readonly network: NetworkIntent;
  /** Of the prefix. */
  readonly length: number;
  readonly words: Readonly<Record<Part, string>>;
}

/** The networks in one of the sets. */
interface Members {
  readonly list: readonly Member[];
  /** Those of the prefixes, each once. */
  readonly lengths: readonly number[];
}

/** Of each list of networks: all sets and rules of a text ask for the same ones. */
const known = new WeakMap<readonly NetworkIntent[], Map<string, Members>>();

function remembering(
  networks: readonly NetworkIntent[],
  key: string,
  list: () => readonly Member[],
): Members {
  const all = known.get(networks) ?? new Map<string, Members>();
  known.set(networks, all);
  const found = all.get(key);
  if (found !== undefined) return found;
  const made = list();
  const lengths = [...new Set(made.map(({ length }) => length))].toSorted((a, b) => a - b);
  const members = { list: made, lengths };
  all.set(key, members);
  return members;
}

function membersOf(
  networks: readonly NetworkIntent[],
  name: SubnetSetName,
  family: Family,
): Members {
  const { has } = SETS[name];
  return remembering(networks, `${name} ${family}`, () =>
    inFamily(networks, family).filter(({ network }) => has(network)),
  );
}

function inFamily(networks: readonly NetworkIntent[], family: Family): readonly Member[] {
  return remembering(networks, family, () =>
    networks.flatMap((network) => memberOf(network, network.subnets[family])),
  ).list;
}

function memberOf(network: NetworkIntent, subnet: Cidr | undefined): readonly Member[] {
  if (subnet === undefined) return [];
  const words = {
    interface: quoted(network.interface),
    natInterface: quoted(network.natInterface ?? ''),
    subnet: subnet.slice(0, subnet.indexOf('/')),
  };
  return [{ network, length: prefixLength(subnet), words }];
}

/** The notation of a mask: bytes in IPv4, groups of 16 bits in IPv6. */
const MASKS = {
  ipv4: { parts: 4, bits: 8, base: 10, joint: '.' },
  ipv6: { parts: 8, bits: 16, base: 16, joint: ':' },
} as const;

function maskOf(family: Family, length: number): string {
  const { parts, bits, base, joint } = MASKS[family];
  return Array.from({ length: parts }, (_, index) => {
    const ones = Math.min(bits, Math.max(0, length - index * bits));
    return (2 ** bits - 2 ** (bits - ones)).toString(base);
  }).join(joint);
}
