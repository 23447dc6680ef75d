/** Kernel settings of the network: those of the host, and those of each interface. */
import { sure } from '../../world/processes.ts';
import { named, once } from './entry.ts';
import type { Entry, Place } from './entry.ts';

const LOOK = '^net[.](ipv4|ipv6)[.](conf|neigh|ip_forward)';

/** A secret is made when it is asked for. */
const VOLATILE = /stable_secret|[/]default[/]/;

/** Settings of the kernel that nobody sees in a namespace are skipped. Names have slashes: those of interfaces may have dots. */
export async function settings(place: Place): Promise<readonly Entry[]> {
  const inside =
    place.namespace === undefined ? [] : ['nsenter', `--net=/run/netns/${place.namespace}`];
  const shown = await sure([...inside, 'sysctl', '-a', '-r', LOOK]);
  return shown
    .split('\n')
    .map((line) => line.split(' = '))
    .filter(
      ([name = '', value]) => value !== undefined && !VOLATILE.test(name.replaceAll('.', '/')),
    )
    .map(([dotted = '', value = '']) => {
      const name = dotted.replaceAll('.', '/');
      return {
        key: named(place, `setting ${name}`),
        plain: named(place, `setting ${plainName(name, place)}`),
        value,
        ways: (old: string) => [
          once(`set to ${old}`, [...inside, 'sysctl', '-q', '-w', `${name}=${old}`]),
        ],
      };
    });
}

function plainName(name: string, { plain }: Place): string {
  const [before, device = ''] = /^(?:.*[/](?:conf|neigh)[/])([^/]+)/.exec(name) ?? [];
  if (before === undefined || device === 'all' || device === 'lo') return name;
  const like = device.startsWith('kln')
    ? plain.bridge
    : device.startsWith('kle')
      ? plain.port
      : plain.end;
  return name.replace(`/${device}/`, `/${like}/`);
}
