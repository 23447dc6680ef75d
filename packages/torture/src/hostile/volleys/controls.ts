/** Packets of an attacker from its own addresses to where it may send: they arrive whatever else it sends. */
import { ip } from '../frames/ip.ts';
import { message } from '../frames/transport.ts';
import type { Place } from '../scene/places.ts';
import type { Link, Scene, Station } from '../scene/scene.ts';
import type { Attacker } from '../scene/plan.ts';
import { attemptShot } from './sockets.ts';
import { shot } from './shot.ts';
import type { Shot } from './shot.ts';

export function controlShots(attacker: Attacker, scene: Scene): readonly Shot[] {
  return attacker === 'crafty' ? socketControls(scene) : frameControls(scene);
}

function frameControls({ links: { lan, apart, inner }, outside }: Scene): readonly Shot[] {
  return [
    ...control(lan, lan.neighbour, lan.neighbour, ['near']),
    ...control(inner, inner.neighbour, inner.neighbour, ['inside']),
    ...[lan, apart, inner].flatMap((link) =>
      control(link, link.gateway, link.gateway, [`bridge ${link.name}`, 'host']),
    ),
    ...[lan, apart].flatMap((link) => control(link, link.gateway, outside, ['outside'])),
  ];
}

/** A container by ipnet sends by the host, which the capture of the bridge does not show. */
function socketControls({ links: { lan, apart, inner }, outside }: Scene): readonly Shot[] {
  const wanted: readonly (readonly [Place, Pick<Station, 'ipv4' | 'ipv6'>])[] = [
    ['near', lan.neighbour],
    ['inside', inner.neighbour],
    ['host', lan.gateway],
    ['host', apart.gateway],
    ['outside', outside],
  ];
  return wanted.flatMap(([place, { ipv4, ipv6 }]) =>
    [ipv4, ipv6].map((to) => ({
      ...attemptShot(
        `an ordinary packet to ${to}`,
        true,
        { type: 'datagram', protocol: 17, to },
        (mark) => mark,
      ),
      must: [place],
    })),
  );
}

function control(
  link: Link,
  next: Pick<Station, 'mac'>,
  to: Pick<Station, 'ipv4' | 'ipv6'>,
  must: readonly Place[],
): readonly Shot[] {
  return (['ipv4', 'ipv6'] as const).map((family) => {
    const ends = { source: link.own[family], destination: to[family] };
    return {
      ...shot(link, next, 'open', `an ordinary packet to ${to[family]}`, (mark) =>
        ip({ ...ends, protocol: 17 }, message(17, ends, mark)),
      ),
      must,
    };
  });
}
