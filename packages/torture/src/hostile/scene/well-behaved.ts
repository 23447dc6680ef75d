/** What goes on meanwhile, and has to: containers and the host talk to each other. */
import { createSocket } from 'node:dgram';
import { isIpv6 } from '../frames/bytes.ts';
import { CONTAINER_PORTS, HOST, SERVICE } from '../../world/places.ts';
import type { Shot } from '../volleys/shot.ts';
import type { Host } from './host.ts';
import type { Place } from './places.ts';
import { goodStation } from './plan.ts';
import type { Good } from './plan.ts';

const [PORT] = CONTAINER_PORTS;

/** Who asks whom: neighbours each other, the host all of them, and those who may the machine outside. */
const NEIGHBOURS: readonly (readonly [string, Good])[] = [
  ['near', 'peer'],
  ['peer', 'near'],
  ['near', 'routed'],
  ['routed', 'near'],
  ...(['far', 'near', 'peer', 'routed', 'aside', 'inside'] as const).map(
    (name) => [HOST, name] as const,
  ),
];
const OUTWARD = ['near', 'routed', 'far', 'aside'] as const;

/** The questions that nobody answered, not even when they were asked again. */
export async function silentOf({ packets, scenes }: Host): Promise<readonly string[]> {
  const { outside } = scenes.evil;
  const asked = [
    ...NEIGHBOURS.map(([from, to]) => ({ from, port: PORT, station: goodStation(to) })),
    ...OUTWARD.map((from) => ({ from, port: SERVICE, station: outside })),
  ];
  let silent = asked.flatMap(({ from, port, station: { ipv4, ipv6 } }) =>
    [ipv4, ipv6].flatMap((address) =>
      (['tcp', 'udp'] as const).map((protocol) => ({
        from,
        address,
        port,
        protocol,
        answers: true,
      })),
    ),
  );
  for (let attempt = 0; attempt < 3 && silent.length > 0; attempt += 1) {
    const answers = await packets.ask(silent);
    silent = silent.filter((_, index) => answers[index] === '');
  }
  return silent.map(
    ({ from, address, protocol }) => `${from} gets no answer of ${address} by ${protocol}`,
  );
}

/** A packet of the host to a place, by which it is known that the tap there sees. */
export function knocking(place: Place): Shot {
  return {
    name: `a packet of the host to ${place}`,
    // What answers quotes it.
    link: ({ aside: 'apart', inside: 'inner' } as const)[place as 'aside'] ?? 'lan',
    verdict: 'open',
    must: [place],
    bytes: (mark) => Buffer.from(mark),
  };
}

export async function sendDatagrams(
  packets: readonly { readonly address: string; readonly data: Buffer }[],
): Promise<void> {
  const [four, six] = [createSocket('udp4'), createSocket('udp6')];
  for (const { address, data } of packets)
    await new Promise<void>((resolve, reject) =>
      (isIpv6(address) ? six : four).send(data, 9, address, (error) =>
        error === null ? resolve() : reject(error),
      ),
    );
  four.close();
  six.close();
}
