/** The networks and containers that the attackers meet, with their fixed addresses. Pure. */
import type { LinkName, Link, Scene, Station } from './scene.ts';

/** The number of a network is a part of its addresses. */
const NUMBERS = { lan: 1, apart: 2, inner: 3, elsewhere: 4 } as const;
type Network = keyof typeof NUMBERS;

const OPTIONS: Readonly<Record<Network, readonly string[]>> = {
  lan: [],
  apart: ['--no-icc'],
  inner: ['--internal'],
  elsewhere: [],
};

/** The last part of their addresses. The attackers are on all three links, the others on one. `routed` is by ipnet. */
const MEMBERS: Readonly<
  Record<Member, { readonly last: number; readonly networks: readonly [Network, ...Network[]] }>
> = {
  evil: { last: 5, networks: ['lan', 'apart', 'inner'] },
  vile: { last: 6, networks: ['lan', 'apart', 'inner'] },
  near: { last: 10, networks: ['lan'] },
  peer: { last: 11, networks: ['lan'] },
  aside: { last: 12, networks: ['apart'] },
  inside: { last: 13, networks: ['inner'] },
  far: { last: 14, networks: ['elsewhere'] },
  routed: { last: 20, networks: ['lan'] },
  crafty: { last: 21, networks: ['lan', 'apart', 'inner'] },
};

/** `evil` has the image host, `vile` and `crafty` one of their own; `crafty` is by ipnet. */
export const ATTACKERS = ['evil', 'vile', 'crafty'] as const;
export type Attacker = (typeof ATTACKERS)[number];

/** Containers that do nothing but answer: those with a stack of their own, and one by ipnet. */
export const GOOD = ['near', 'peer', 'aside', 'inside', 'far', 'routed'] as const;
export type Good = (typeof GOOD)[number];

export type Member = Attacker | Good;

export const NETWORKS = ['lan', 'apart', 'inner', 'elsewhere'] as const;

/** The commands that create them, in their order. */
export function networkWords(): readonly (readonly string[])[] {
  return NETWORKS.map((name) => {
    const number = NUMBERS[name];
    const subnets = ['--subnet', `10.88.${number}.0/24`, '--subnet6', `fd88:${number}::/64`];
    return ['network', 'create', '--type', 'bridge', ...subnets, ...OPTIONS[name], name];
  });
}

/** The options by which a container is the member of its networks. */
export function memberWords(name: Member): readonly string[] {
  const isRouted = name === 'routed' || name === 'crafty';
  return [
    '--name',
    name,
    '--driver',
    isRouted ? 'ipnet' : 'vnet',
    ...MEMBERS[name].networks.flatMap((network) => {
      const { mac, ipv4, ipv6 } = stationOf(name, network);
      const fixed = `${network}:ip=${ipv4},ip6=${ipv6}`;
      return ['--network', isRouted ? fixed : `${fixed},mac=${mac}`];
    }),
  ];
}

/** A well-behaved container on its network. */
export function goodStation(name: Good): Station {
  return stationOf(name, MEMBERS[name].networks[0]);
}

export function stationOf(name: Member, network: Network): Station {
  const { last } = MEMBERS[name];
  const number = NUMBERS[network];
  return {
    mac: `02:88:00:00:0${number}:${last.toString(16).padStart(2, '0')}`,
    ipv4: `10.88.${number}.${last}`,
    ipv6: `fd88:${number}::${last.toString(16)}`,
  };
}

/** The scene as an attacker finds it. `bridgeMac` gives the MAC address of a network's bridge. */
export function sceneOf(
  attacker: Attacker,
  bridgeMac: (network: LinkName) => string,
  ends: Pick<Scene, 'host' | 'outside'>,
): Scene {
  const link = (name: LinkName, neighbour: Good): Link => ({
    name,
    own: stationOf(attacker, name),
    gateway: {
      mac: bridgeMac(name),
      ipv4: `10.88.${NUMBERS[name]}.1`,
      ipv6: `fd88:${NUMBERS[name]}::1`,
    },
    neighbour: stationOf(neighbour, name),
    free: {
      mac: '02:88:00:00:00:99',
      ipv4: `10.88.${NUMBERS[name]}.99`,
      ipv6: `fd88:${NUMBERS[name]}::99`,
    },
  });
  return {
    links: {
      lan: link('lan', 'near'),
      apart: link('apart', 'aside'),
      inner: link('inner', 'inside'),
    },
    peer: stationOf('peer', 'lan'),
    routed: { ...stationOf('routed', 'lan'), mac: bridgeMac('lan') },
    far: stationOf('far', 'elsewhere'),
    ...ends,
  };
}
