/** The links of containers: routed ones, known by the beginning of their name, and bridges, which are in sets. Pure. */
import type { NetworkIntent } from '@kleenet/core';
import { toInternal } from './internal.ts';
import { quoted } from './text.ts';
import type { SetText } from './text.ts';

/** The links of ipnet containers; see `containerInterface`. */
export const CONTAINER_LINKS = '"klc*"';

type BridgeSetName = 'bridges' | 'internal_bridges' | 'icc_bridges' | 'apart_bridges';

interface BridgeSet {
  /** What an element is about: one bridge, a bridge as the way in and out, or one bridge with a verdict. */
  readonly type: 'ifname' | 'ifname . ifname' | 'ifname : verdict';
  readonly has: (network: NetworkIntent) => boolean;
}

const SETS: Readonly<Record<BridgeSetName, BridgeSet>> = {
  bridges: { type: 'ifname', has: () => true },
  internal_bridges: { type: 'ifname : verdict', has: ({ internal }) => internal },
  /** For what is bridged, or routed back. */
  icc_bridges: { type: 'ifname . ifname', has: ({ icc }) => icc },
  /** Where the ports of a bridge do not reach each other, but its members of the user's find them. */
  apart_bridges: {
    type: 'ifname . ifname',
    has: ({ icc, subnets }) => !icc && subnets.ipv6 !== undefined,
  },
};

const SET_NAMES = Object.keys(SETS) as readonly BridgeSetName[];

/** The names of bridges: a set without an interval, which the kernel does not walk. None but the first is ever empty. */
export function bridgeSets(networks: readonly NetworkIntent[]): readonly SetText[] {
  return SET_NAMES.map((name) => ({
    name,
    type: SETS[name].type,
    elements: bridgesIn(networks, name).map((bridge) => elementOf(bridge, SETS[name].type)),
  })).filter(({ name, elements }) => name === 'bridges' || elements.length > 0);
}

function elementOf(bridge: NetworkIntent, type: BridgeSet['type']): string {
  const name = quoted(bridge.interface);
  if (type === 'ifname') return name;
  return type === 'ifname : verdict' ? `${name} : ${toInternal(bridge)}` : `${name} . ${name}`;
}

/** A rule about bridges in a set, where there are any. */
export function ofBridges(
  networks: readonly NetworkIntent[],
  name: BridgeSetName,
  ...rules: readonly string[]
): readonly string[] {
  return bridgesIn(networks, name).length === 0 ? [] : rules;
}

function bridgesIn(
  networks: readonly NetworkIntent[],
  name: BridgeSetName,
): readonly NetworkIntent[] {
  return networks.filter((network) => network.type === 'bridge' && SETS[name].has(network));
}

/** What to do with packets that arrive on the link of a container. */
export function fromLinks(statement: string): readonly string[] {
  return [`iifname ${CONTAINER_LINKS} ${statement}`, `iifname @bridges ${statement}`];
}

/** What to do with packets that leave on one. */
export function toLinks(statement: string): readonly string[] {
  return [`oifname ${CONTAINER_LINKS} ${statement}`, `oifname @bridges ${statement}`];
}
