/** Every line of the rules for pf is left out once, and the fate of some packet changes. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { PublishIntent } from '@kleenet/core';
import { leftTable } from '../src/freebsd/firewall/text.ts';
import type { Packet, Party, PfHost } from '@kleenet/freebsd-model/packets';
import {
  CUSTOM_TABLES,
  HOST,
  NETWORK_NAMES,
  PARTIES,
  anchorsOf,
  gatewayOf,
  idOf,
  inFamily,
  intentOf,
  kindOf,
  networkOf,
  opening,
  party,
  publish,
  world,
} from './support/pf-world.ts';
import type { WorldOptions } from './support/pf-world.ts';

const FAMILIES = ['ipv4', 'ipv6'] as const;
const ALL = [...PARTIES.values()];
const BLOCKS_ALL = 'block drop from any to any\n';

type Try = (host: PfHost) => string;

/** A connection from one to an address: which party it reaches, and how it looks there. */
function connection(from: Party, destination: string, change: Partial<Packet> = {}): Try {
  const source = change.source ?? inFamily(from, destination.includes(':') ? 'ipv6' : 'ipv4');
  const packet = opening({ destination, ...change, source });
  return (host) => {
    const result = host.connect(from, packet);
    if ('lost' in result) return 'lost';
    const sent = host.send(from, { ...packet, sourcePort: packet.sourcePort + 1 });
    return 'packet' in sent ? `${sent.party.name} from ${sent.packet.source}` : 'lost later';
  };
}

function at(packet: Partial<Packet> & Pick<Packet, 'source' | 'destination'>, name: string): Try[] {
  return (['in', 'out'] as const).map(
    (direction) => (host) =>
      host.blockedAt(opening(packet), direction, name) === '' ? 'passes' : 'blocked',
  );
}

/** One of each kind in each network, and everyone outside. */
const SENDERS = ALL.filter(({ name }) => !name.endsWith('2'));
/** Everyone to everyone, to the host and its gateways, and outside. */
function connections(): readonly Try[] {
  return FAMILIES.flatMap((family) => {
    const gateways = NETWORK_NAMES.filter((name) => kindOf(name).type === 'bridge').map((name) =>
      gatewayOf(name, family),
    );
    const hostThere = NETWORK_NAMES.filter((name) => kindOf(name).type === 'custom').map((name) => {
      const { number } = kindOf(name);
      return family === 'ipv4' ? `10.${number}.0.200` : `fd${number}::200`;
    });
    const to = [...ALL.map((one) => inFamily(one, family)), ...gateways, ...hostThere];
    const itself = ALL.map((one) => connection(one, inFamily(one, family)));
    const across = SENDERS.flatMap((from) => [
      ...to.map((address) => connection(from, address)),
      ...(from.kind === 'host'
        ? gateways.flatMap((source) => to.map((address) => connection(from, address, { source })))
        : []),
    ]);
    return [...itself, ...across];
  });
}

/** Everyone to every published port: at the container, and at addresses of the host. */
function toPorts(published: readonly PublishIntent[]): readonly Try[] {
  return published.flatMap(({ addresses, port }) =>
    FAMILIES.flatMap((family) => {
      const address = addresses[family];
      if (address === undefined) return [];
      const [own, onHost] = [port.containerPort, port.hostPorts[0]];
      const { protocol } = port;
      return SENDERS.flatMap((from) => [
        connection(from, address, { port: own, protocol }),
        connection(from, address, { port: onHost, protocol }),
        connection(from, HOST[family], { port: onHost, protocol }),
        connection(from, gatewayOf('web', family), { port: onHost, protocol }),
        connection(from, inFamily(party('lan.ip1'), family), { port: onHost, protocol }),
        connection(from, family === 'ipv4' ? '10.31.0.200' : 'fd31::200', {
          port: onHost,
          protocol,
        }),
      ]);
    }),
  );
}

/** As somebody else: a container on a bridge, and what is outside. Whether it gets there is all that counts. */
function forgeries(): readonly Try[] {
  const liars = ALL.filter(({ kind }) => kind === 'vnet' || kind === 'outside');
  return FAMILIES.flatMap((family) =>
    liars.flatMap((liar) => {
      const others = ['web.vnet2', 'web.ip2', 'shop.vnet1', 'loop.ip1', 'lan.ip1', 'outside'];
      const network = networkOf(liar.name);
      const gateway = liar.kind === 'vnet' ? [gatewayOf(network, family)] : [];
      const sources = [...others.map((name) => inFamily(party(name), family)), ...gateway];
      const to = [HOST[family], inFamily(party('web.vnet1'), family), gatewayOf('web', family)];
      return sources.flatMap((source) =>
        to.map((destination): Try => (host) => {
          const sent = host.send(liar, opening({ source, destination }));
          return 'lost' in sent ? 'lost' : `got by ${sent.party.name}`;
        }),
      );
    }),
  );
}

/** What a DHCP server says. */
const LEASE4 = { protocol: 'udp', sourcePort: 67, port: 68 } as const;
const LEASE6 = { protocol: 'udp', sourcePort: 547, port: 546 } as const;

/** What belongs to the link: multicast, neighbour discovery, and what a router or a DHCP server says. */
function onLinks(): readonly Try[] {
  const places = [...new Set(ALL.flatMap(({ epair, interface: name }) => [epair ?? name, name]))];
  return [...places, 'em9'].flatMap((place) =>
    ALL.filter((one) => isNear(one, place)).flatMap((one) => {
      const [v4, v6] = [inFamily(one, 'ipv4'), inFamily(one, 'ipv6')];
      return [
        ...at({ source: v4, destination: '224.0.0.251', protocol: 'udp' }, place),
        ...at({ source: v4, destination: '255.255.255.255', protocol: 'udp' }, place),
        ...at({ source: v6, destination: 'ff02::fb', protocol: 'udp' }, place),
        ...at({ source: v6, destination: 'ff02::1', protocol: '58', icmpType: 135 }, place),
        ...at({ source: 'fe80::1', destination: v6, protocol: '58', icmpType: 136 }, place),
        ...at({ source: 'fe80::1', destination: v6, protocol: '58', icmpType: 134 }, place),
        ...at(
          { source: v4, destination: '255.255.255.255', protocol: 'udp', sourcePort: 67, port: 68 },
          place,
        ),
        ...at(
          { source: v6, destination: 'ff02::1', protocol: 'udp', sourcePort: 547, port: 546 },
          place,
        ),
        ...at({ ...LEASE4, source: v4, destination: HOST.ipv4 }, place),
        ...at({ ...LEASE6, source: v6, destination: HOST.ipv6 }, place),
        ...at({ source: v4, destination: inFamily(party('web.vnet2'), 'ipv4') }, place),
        ...at({ source: v6, destination: inFamily(party('web.vnet2'), 'ipv6') }, place),
      ];
    }),
  );
}

/** Whether a party is on this link, or of the network beside. */
function isNear({ kind, name, epair, interface: link }: Party, place: string): boolean {
  if (kind === 'host') return false;
  return [epair, link].includes(place) || place === 'em9' || /^(web|shop)\.vnet1$/.test(name);
}

interface Scene {
  readonly options: WorldOptions;
  readonly tries: readonly Try[];
}

const PUBLISHED = [
  ...publish('web.vnet1', { hostPorts: [8080, 8080], containerPort: 80 }),
  ...publish('apart.vnet1', { hostPorts: [8081, 8081], containerPort: 81 }),
  ...publish('loop.ip1', { hostPorts: [8082, 8082], containerPort: 82 }),
  ...publish('quiet.ip1', { interface: 'em1', hostPorts: [8083, 8083], containerPort: 83 }),
  ...publish('still.ip1', { hostPorts: [8084, 8084], containerPort: 84 }),
  ...publish('shop.vnet1', { interface: 'em1', hostPorts: [8085, 8085], containerPort: 85 }),
];
/** Addresses that containers have left. */
const LEFT = Object.fromEntries(
  NETWORK_NAMES.map((name) => [
    leftTable(idOf(name)),
    FAMILIES.map((family) => inFamily(party(`${name}.ip1`), family)),
  ]),
);

const SCENES: Readonly<Record<string, Scene>> = {
  'a host that blocks what it has no rule for': {
    options: { above: `${BLOCKS_ALL}pass out on em0 from any to any\n` },
    tries: [...connections(), ...forgeries(), ...onLinks()],
  },
  'a host with IPv6 aliases on their own interface': {
    options: { above: BLOCKS_ALL, loopback6: 'interface' },
    tries: connections(),
  },
  'a host without other rules': {
    options: {},
    tries: [...connections(), ...forgeries(), ...onLinks()],
  },
  'a host whose rules below let everything pass': {
    options: { below: 'pass from any to any\n' },
    tries: [...connections(), ...forgeries(), ...onLinks()],
  },
  'published ports': {
    options: { above: BLOCKS_ALL, intents: { published: PUBLISHED } },
    tries: toPorts(PUBLISHED),
  },
  'published ports where nothing else is blocked': {
    options: { intents: { published: PUBLISHED } },
    tries: toPorts(PUBLISHED),
  },
  'a member of the user in a bridge': {
    options: { above: BLOCKS_ALL, member: { of: 'web', name: 'em9' } },
    tries: onLinks(),
  },
  'NAT on an interface': {
    options: {
      intents: {
        networks: NETWORK_NAMES.map((name) =>
          intentOf(name, name === 'lan' ? {} : { natInterface: 'em1' }),
        ),
      },
    },
    tries: [...connections(), ...forgeries()],
  },
  'a host whose rules below block everything': {
    options: { below: BLOCKS_ALL },
    tries: [...connections(), ...onLinks()],
  },
  'NAT on the interface of another network': {
    options: {
      intents: {
        networks: NETWORK_NAMES.map((name) =>
          intentOf(name, { natInterface: kindOf('shop').interface }),
        ),
        published: PUBLISHED,
      },
    },
    tries: toPorts(PUBLISHED),
  },
  'left addresses': { options: { tables: { ...CUSTOM_TABLES, ...LEFT } }, tries: connections() },
};

interface Line {
  /** Without the names and addresses of one network. */
  readonly name: string;
  readonly anchors: Readonly<Record<string, string>>;
}

/** Each line of each anchor, and each element of a table. */
function linesOf(anchors: Readonly<Record<string, string>>): readonly Line[] {
  return Object.entries(anchors).flatMap(([anchor, text]) => {
    const rows = text.split('\n');
    return rows.flatMap((row, index) =>
      variantsOf(row).map(({ name, rest }) => {
        const changed = [...rows.slice(0, index), ...rest, ...rows.slice(index + 1)].join('\n');
        return { name: `${anchor}: ${name}`, anchors: { ...anchors, [anchor]: changed } };
      }),
    );
  });
}

function variantsOf(row: string): readonly { name: string; rest: readonly string[] }[] {
  if (row === '' || row.startsWith('#')) return [];
  const [, head, members] = /^(table <\w+>) \{ (.*?) ?\}$/.exec(row) ?? [];
  if (members === undefined) return row.startsWith('table ') ? [] : [{ name: row, rest: [] }];
  const all = members.split(', ');
  return all.map((member) => {
    const others = all.filter((one) => one !== member).join(', ');
    return { name: `${head}: ${member}`, rest: [`${head} { ${others} }`] };
  });
}

/** What comes of all tries, and the rules that decide it: without another rule nothing changes. */
function played({
  options,
  tries,
}: Scene): readonly { fate: string; rules: ReadonlySet<string> }[] {
  return tries.map((one) => {
    const rules = new Set<string>();
    const fate = one(world({ ...options, decides: (rule) => void rules.add(rule) }));
    return { fate, rules };
  });
}

function isNoticed(
  { options, tries }: Scene,
  { name, anchors }: Line,
  usual: ReturnType<typeof played>,
): boolean {
  const rule = name.slice(name.indexOf(': ') + 2);
  const table = /^table (<\w+>)/.exec(rule)?.[1];
  const concerns = (rules: ReadonlySet<string>): boolean =>
    table === undefined ? rules.has(rule) : [...rules].some((one) => one.includes(table));
  return tries.some(
    (one, index) =>
      concerns(usual[index]?.rules ?? new Set()) &&
      one(world({ ...options, anchors })) !== usual[index]?.fate,
  );
}

function reasonFor(name: string): string | undefined {
  return EXCUSED.find(([pattern]) => pattern.test(name))?.[1];
}

/** Lines that no packet of this model needs, and why they are there all the same. */
const EXCUSED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /: no (nat|rdr) from .*<klee_(left_14|left_24|left_33|33)a+>/,
    'klee translates nothing of internal networks; NAT rules of the administrator, which this evaluator does not know, would',
  ],
  [
    /: pass quick on lo0 inet6? proto tcp from any to \S+ port 8[35]$/,
    'of aliases on lo0 or a bridge; the line is written without knowing where the address of the container is',
  ],
  [
    /: pass quick on lo0 inet from (10\.23\.0\.1\d) to \1 /,
    'which interface a packet to an alias takes is the choice of the kernel: IPv6 differs between releases',
  ],
  [
    /: nat on kln12a+ /,
    'NAT towards another network of klee translates nothing; behind a router of the user on that bridge it would',
  ],
];

test('some packet needs each line', () => {
  const unnoticed = new Set<string>();
  const noticed = new Set<string>();
  for (const scene of Object.values(SCENES)) {
    const anchors = anchorsOf(scene.options);
    const usual = played({ ...scene, options: { ...scene.options, anchors } });
    for (const line of linesOf(anchors)) {
      if (noticed.has(line.name)) continue;
      if (isNoticed(scene, line, usual)) noticed.add(line.name);
      else unnoticed.add(line.name);
    }
  }
  const missing = [...unnoticed].filter((one) => !noticed.has(one) && reasonFor(one) === undefined);
  assert.deepEqual(missing, []);
});

test.run();
