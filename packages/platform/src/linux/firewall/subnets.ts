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
  for (const { network, subnet } of membersOf(networks, name, family)) {
    if (prefixLength(subnet) !== length) continue;
    const key = parts.map((part) => partOf(network, subnet, part)).join(' . ');
    const element = verdict === undefined ? key : `${key} : ${verdict(network)}`;
    if (!elements.has(key)) elements.set(key, element);
  }
  return [...elements.values()];
}

function partOf(network: NetworkIntent, subnet: Cidr, part: Part): string {
  if (part === 'subnet') return subnet.slice(0, subnet.indexOf('/'));
  return quoted(network[part] ?? '');
}

function lengthsIn(
  networks: readonly NetworkIntent[],
  name: SubnetSetName,
  family: Family,
): readonly number[] {
  const lengths = membersOf(networks, name, family).map(({ subnet }) => prefixLength(subnet));
  return [...new Set(lengths)].toSorted((a, b) => a - b);
}

function membersOf(
  networks: readonly NetworkIntent[],
  name: SubnetSetName,
  family: Family,
): readonly { readonly network: NetworkIntent; readonly subnet: Cidr }[] {
  return networks.filter(SETS[name].has).flatMap((network) => {
    const subnet = network.subnets[family];
    return subnet === undefined ? [] : [{ network, subnet }];
  });
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
