/** Routes of all tables with all attributes, and the rules that choose a table. */
import { sure } from '../../world/processes.ts';
import { at, named, never, once } from './entry.ts';
import type { Entry, Place } from './entry.ts';

interface Route {
  readonly dst: string;
  readonly type?: string;
  readonly table?: string;
  readonly dev?: string;
  readonly metric?: number;
  readonly gateway?: string;
  readonly prefsrc?: string;
  readonly protocol?: string;
  readonly metrics?: readonly { readonly mtu?: number }[];
  readonly flags?: readonly string[];
}

/** Routes and neighbours of both families, and the rules of the routing policy: klee makes none of these. */
export async function routing(place: Place): Promise<readonly Entry[]> {
  const read = (['-4', '-6'] as const).map(async (family) => {
    const input = `${QUESTIONS.join('\n')}\n`;
    const shown = await sure([...at('ip', place), '-j', '-d', family, '-batch', '-'], { input });
    const found = shown
      .split('\n')
      .filter((line) => line.trim() !== '')
      .flatMap((line) => JSON.parse(line) as readonly Shown[]);
    return found.map((one) => entryOf(family, one, place));
  });
  return (await Promise.all(read)).flat();
}

const QUESTIONS = [
  'route show table all',
  'neighbour show nud permanent',
  'neighbour show proxy',
  'rule show',
] as const;

type Shown = Route | Neighbour | { readonly priority: number };

function entryOf(family: string, shown: Shown, place: Place): Entry {
  if ('priority' in shown)
    return { key: named(place, `rule ${family} ${JSON.stringify(shown)}`), value: '', ways: never };
  if ('proxy' in shown) return neighbourEntry('proxy', shown, place);
  return 'lladdr' in shown
    ? neighbourEntry('permanent', shown, place)
    : routeEntry(family, shown as Route, place);
}

function routeEntry(family: string, route: Route, place: Place): Entry {
  const {
    dst,
    type = 'unicast',
    table = 'main',
    dev = '',
    metric = 0,
    flags = [],
    ...rest
  } = route;
  const where = [
    ...(type === 'unicast' ? [] : [type]),
    dst,
    ...(route.gateway === undefined ? [] : ['via', route.gateway]),
    ...(dev === '' || type === 'unreachable' ? [] : ['dev', dev]),
    ...(metric === 0 ? [] : ['metric', String(metric)]),
    'table',
    table,
    ...(route.protocol === undefined ? [] : ['proto', route.protocol]),
    ...(flags.includes('onlink') ? ['onlink'] : []),
  ];
  const source = route.prefsrc === undefined ? [] : ['src', route.prefsrc];
  const mtu = route.metrics?.find((one) => one.mtu !== undefined)?.mtu;
  const size = mtu === undefined ? [] : ['mtu', String(mtu)];
  const change = (verb: string, more: readonly string[]): readonly string[] => [
    ...at('ip', place),
    family,
    'route',
    verb,
    ...where,
    ...more,
  ];
  const gone = change('delete', []);
  return {
    key: named(
      place,
      `route ${type} ${dst}${family === '-6' ? ' (IPv6)' : ''} table ${table} dev ${dev} metric ${metric}`,
    ),
    value: JSON.stringify({ ...rest, flags: flags.filter((flag) => flag === 'onlink') }),
    ways: () => [
      once('deleted', gone),
      ...(type === 'unicast'
        ? [
            once('with another MTU', gone, change('add', [...source, 'mtu', '1333'])),
            ...(source.length === 0 ? [] : [once('without its source', gone, change('add', size))]),
          ]
        : []),
    ],
  };
}

interface Neighbour {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
  readonly proxy?: null;
}

/** Those that last, and the addresses that the host answers for. */
function neighbourEntry(
  kind: 'permanent' | 'proxy',
  { dst, dev, lladdr = '' }: Neighbour,
  place: Place,
): Entry {
  const change = (verb: string, ...words: readonly string[]): readonly string[] => [
    ...at('ip', place),
    'neighbour',
    verb,
    ...(kind === 'proxy' ? ['proxy'] : []),
    dst,
    ...words,
    'dev',
    dev,
  ];
  const other = ['lladdr', '02:00:00:00:00:98'];
  return {
    key: named(place, `${kind} neighbour ${dst} of ${dev}`),
    value: lladdr,
    ways: () => [
      once('deleted', change('delete')),
      ...(kind === 'proxy'
        ? []
        : [once('with another MAC address', [...change('replace', ...other), 'nud', 'permanent'])]),
    ],
  };
}
