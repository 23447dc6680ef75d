/** Interfaces, and each of their attributes. */
import { sure } from '../../world/processes.ts';
import { at, named, never, once } from './entry.ts';
import type { Entry, Place, Way } from './entry.ts';

interface Link {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly master?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: Attributes;
    readonly info_slave_data?: Attributes;
  };
  readonly [name: string]: unknown;
}

type Attributes = Readonly<Record<string, unknown>>;

/** Timers, what is derived from others, and the state of a port, which follows its link. */
const VOLATILE = /timer|_id$|^id$|^no$|designated|root_|topology|^state$|config_pending|_str$/;

export async function links(place: Place): Promise<readonly Entry[]> {
  const shown = await sure([...at('ip', place), '-j', '-d', 'link', 'show']);
  return (JSON.parse(shown) as readonly Link[]).flatMap((link) => entriesOf(link, place));
}

function entriesOf(link: Link, place: Place): readonly Entry[] {
  const { ifname: name } = link;
  const like = name === 'lo' ? name : place.plain[likenessOf(link)];
  const set = [...at('ip', place), 'link', 'set', 'dev', name];
  const attribute = (what: string, value: unknown, ways: Entry['ways']): Entry => ({
    key: named(place, `${what} of ${name}`),
    plain: named(place, `${what} of ${like}`),
    value: String(value),
    ways,
  });
  const to = (words: (old: string) => readonly string[]) => (old: string) => [
    once(`set to '${words(old).join(' ')}'`, [...set, ...words(old)]),
  ];
  const flag = (letters: string, words: (on: string) => readonly string[]): Entry => {
    const isOn = link.flags.includes(letters);
    return attribute(
      `flag ${letters}`,
      isOn,
      to(() => words(isOn ? 'off' : 'on')),
    );
  };
  const isUp = link.flags.includes('UP');
  return [
    {
      key: named(place, `interface ${name}`),
      value: link.linkinfo?.info_kind ?? '',
      ways: () => [once('deleted', [...at('ip', place), 'link', 'delete', 'dev', name])],
    },
    attribute(
      'flag UP',
      isUp,
      to(() => [isUp ? 'down' : 'up']),
    ),
    flag('NOARP', (on) => ['arp', on === 'on' ? 'off' : 'on']),
    flag('MULTICAST', (on) => ['multicast', on]),
    attribute(
      'MTU',
      link['mtu'],
      to(() => ['mtu', '1400']),
    ),
    ...(isPort(name)
      ? []
      : [
          attribute(
            'MAC address',
            link['address'],
            to(() => ['address', '02:00:00:00:00:99']),
          ),
        ]),
    attribute(
      'queue',
      link['txqlen'],
      to((old) => ['txqueuelen', old]),
    ),
    attribute(
      'group',
      link['group'],
      to((old) => ['group', old]),
    ),
    attribute(
      'alias',
      link['ifalias'] ?? '',
      to(() => ['alias', 'another']),
    ),
    attribute(
      'generation of addresses',
      link['inet6_addr_gen_mode'],
      to((old) => ['addrgenmode', old]),
    ),
    attribute(
      'master',
      link.master ?? '',
      to(() => ['nomaster']),
    ),
    ...attributesOf('bridge', link.linkinfo?.info_data ?? {}, link, attribute, set),
    ...attributesOf('bridge_slave', link.linkinfo?.info_slave_data ?? {}, link, attribute, set),
  ];
}

/** The kernel chooses its MAC address, anew after each boot: nothing is sent from the port of a bridge itself. */
function isPort(name: string): boolean {
  return name.startsWith('kle');
}

function likenessOf({ linkinfo, master }: Link): keyof Place['plain'] {
  if (linkinfo?.info_kind === 'bridge') return 'bridge';
  return master === undefined ? 'end' : 'port';
}

function attributesOf(
  type: 'bridge' | 'bridge_slave',
  attributes: Attributes,
  { linkinfo }: Link,
  attribute: (what: string, value: unknown, ways: Entry['ways']) => Entry,
  set: readonly string[],
): readonly Entry[] {
  if (type === 'bridge' && linkinfo?.info_kind !== 'bridge') return [];
  return Object.entries(attributes)
    .filter(([name]) => !VOLATILE.test(name))
    .map(([name, value]) =>
      attribute(`${type} ${name}`, value, (old): readonly Way[] => {
        const word = old === 'true' ? 'on' : old === 'false' ? 'off' : old;
        return [once(`set to ${word}`, [...set, 'type', type, name, word])];
      }),
    );
}

interface Forwarding {
  readonly mac: string;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly master?: string;
  readonly vlan?: number;
  readonly state: string;
}

/**
 * The lasting entries of the tables by which bridges and interfaces forward frames: the kernel makes them itself. Those of a
 * port are its own MAC address.
 */
export async function forwarding(place: Place): Promise<readonly Entry[]> {
  const shown = await sure([...at('bridge', place), '-j', 'fdb', 'show']);
  if (shown.trim() === '') return [];
  return (JSON.parse(shown) as readonly Forwarding[])
    .filter(({ state, ifname }) => (state === 'permanent' && !isPort(ifname)) || state === 'static')
    .map(({ mac, ifname, flags, master = '', vlan = 0, state }) => ({
      key: named(place, `forwarding of ${mac} by ${ifname} ${flags.join()} ${master} ${vlan}`),
      value: state,
      ways: never,
    }));
}
