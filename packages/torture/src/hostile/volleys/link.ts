/** Tags, groups of the link layer, and MAC addresses that are not the sender's. */
import { BROADCAST, frame, llc, tagged, typed } from '../frames/ethernet.ts';
import { join, u8, zeros } from '../frames/bytes.ts';
import { linksOf } from '../scene/scene.ts';
import type { Link, Scene } from '../scene/scene.ts';
import { samples } from './samples.ts';
import type { Sample } from './samples.ts';
import { shot, targetsOf } from './shot.ts';
import type { Shot, Volley } from './shot.ts';

const TPIDS = [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300] as const;
/** Network 0 with and without a priority, the default one, others, and the reserved one. */
const CONTROLS = [0x0000, 0xe000, 0x1000, 0x0001, 0x0005, 0xa005, 0x0ffe, 0x0fff] as const;

function* tags(scene: Scene): Iterable<Shot> {
  const single = TPIDS.flatMap((type) => CONTROLS.map((control) => [{ type, control }]));
  const double = TPIDS.flatMap((type) =>
    [0x8100, 0x88a8].flatMap((inside) => [
      [
        { type, control: 0 },
        { type: inside, control: 0 },
      ],
      [
        { type, control: 5 },
        { type: inside, control: 0xe000 },
      ],
    ]),
  );
  const triple = [[0, 0, 0].map((control) => ({ type: 0x8100, control }))];
  for (const link of linksOf(scene))
    for (const target of targetsOf(link))
      for (const stack of [...single, ...double, ...triple])
        for (const { name, body } of samples(scene, link, target)) {
          const outer = stack.map(({ type, control }) => `${type.toString(16)}/${control}`);
          yield shot(link, target, 'dropped', `${name} in ${outer.join(' ')}`, (mark) =>
            tagged(stack, body(mark)),
          );
        }
}

const GROUPS = [
  ...Array.from({ length: 16 }, (_, last) => `01:80:c2:00:00:0${last.toString(16)}`),
  ...['10', '20', '21', '2f', '30', '3f'].map((last) => `01:80:c2:00:00:${last}`),
  '01:80:c2:00:01:00',
  '01:00:0c:cc:cc:cc',
  '01:00:0c:cc:cc:cd',
  '01:1b:19:00:00:00',
  '01:00:5e:00:00:01',
  '01:00:5e:00:00:fb',
  '01:00:5e:7f:ff:fa',
  '33:33:00:00:00:01',
  '33:33:00:00:00:02',
  '33:33:00:00:00:fb',
  '33:33:ff:00:00:02',
  '09:00:2b:00:00:00',
  'cf:00:00:00:00:00',
  '00:00:00:00:00:00',
] as const;

/** What switches tell each other. */
const SWITCHES: readonly Sample[] = [
  {
    name: 'a spanning tree message',
    own: false,
    body: (mark) => llc([0x42, 0x42], join(zeros(35), mark)),
  },
  { name: 'LLDP', own: false, body: (mark) => typed(0x88cc, join(u8(2, 7, 4), zeros(6), mark)) },
  { name: '802.1X', own: false, body: (mark) => typed(0x888e, join(u8(2, 1, 0, 0), mark)) },
  { name: 'pause', own: false, body: (mark) => typed(0x8808, join(u8(0, 1, 255, 255), mark)) },
  { name: 'slow protocols', own: false, body: (mark) => typed(0x8809, join(u8(1, 1), mark)) },
  { name: 'PTP', own: false, body: (mark) => typed(0x88f7, join(zeros(34), mark)) },
  { name: 'MACsec', own: false, body: (mark) => typed(0x88e5, join(zeros(8), mark)) },
  { name: 'loopback', own: false, body: (mark) => typed(0x9000, join(u8(0, 0, 1, 0), mark)) },
];

/** A bridge keeps to itself what is for 01 to 0f, and the port gets none of it. */
function isReserved(group: string): boolean {
  return group.startsWith('01:80:c2:00:00:0') && !group.endsWith(':00');
}

function* groups(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const mac of GROUPS)
      for (const target of targetsOf(link))
        for (const { name, own, body } of [...samples(scene, link, target), ...SWITCHES]) {
          const verdict = own && !isReserved(mac) ? 'open' : 'dropped';
          yield shot(link, { mac }, verdict, `${name} for ${target.name} at ${mac}`, body);
        }
}

function pretendedMacs(scene: Scene, link: Link): Readonly<Record<string, string>> {
  return {
    'its neighbour': link.neighbour.mac,
    'its gateway': link.gateway.mac,
    'itself elsewhere': link.name === 'lan' ? scene.links.apart.own.mac : scene.links.lan.own.mac,
    'a container elsewhere': scene.far.mac,
    'an unknown one': '02:de:ad:be:ef:01',
    'a group': '01:00:5e:00:00:01',
    'a reserved group': '01:80:c2:00:00:03',
    broadcast: BROADCAST,
    zero: '00:00:00:00:00:00',
  };
}

function* macs(scene: Scene): Iterable<Shot> {
  for (const link of linksOf(scene))
    for (const target of targetsOf(link))
      for (const [who, from] of Object.entries(pretendedMacs(scene, link)))
        for (const { name, body } of [...samples(scene, link, target), ...SWITCHES])
          for (const to of [target.mac, '01:80:c2:00:00:00', '01:80:c2:00:00:0e'])
            yield {
              name: `${name} from the MAC address of ${who} for ${target.name} at ${to}`,
              link: link.name,
              verdict: 'dropped',
              bytes: (mark) => frame({ from, to }, body(mark)),
            };
}

export const LINK_VOLLEYS: readonly Volley[] = [
  { name: 'tags', shots: tags },
  { name: 'groups', shots: groups },
  { name: 'MAC addresses', shots: macs },
];
