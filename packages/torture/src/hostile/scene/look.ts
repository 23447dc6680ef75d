/** What attackers could change on the host and in other containers, as lines. */
import { execFile } from 'node:child_process';
import { isDeepStrictEqual, promisify } from 'node:util';
import type { Host } from './host.ts';
import { GOOD, stationOf } from './plan.ts';
import type { Good } from './plan.ts';
import { LINKS } from './scene.ts';
import type { Station } from './scene.ts';

export interface Looks {
  readonly host: readonly string[];
  readonly neighbours: readonly string[];
}

const execute = promisify(execFile);

/** Waits for all that a program prints. */
async function sure([program = '', ...words]: readonly string[]): Promise<string> {
  const { stdout } = await execute(program, words, { maxBuffer: 64 << 20 });
  return stdout;
}

/** Looks until it sees the same twice: what is still going on changes nothing for good. */
export async function look(host: Host): Promise<Looks> {
  let last = await lookOnce(host);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const next = await lookOnce(host);
    if (isDeepStrictEqual(last, next)) return next;
    last = next;
  }
  return last;
}

async function lookOnce(host: Host): Promise<Looks> {
  const [state, bridges, resolved, ...others] = await Promise.all([
    host.world.look(),
    Promise.all([...host.bridges].map(([, device]) => bridgeLines(device))),
    resolutions(host, []),
    ...GOOD.map((name) => containerLines(host, name)),
  ]);
  return {
    host: [...state, ...bridges.flat(), ...resolved, ...(await exceptions([]))],
    neighbours: others.flat(),
  };
}

/** The lines that are only in the second look, and those that are gone. What a bridge has learned may be forgotten. */
export function differences(
  before: readonly string[],
  after: readonly string[],
): readonly string[] {
  const [earlier, later] = [new Set(before), new Set(after)];
  return [
    ...before
      .filter((line) => !later.has(line) && !line.startsWith('learned '))
      .map((line) => `- ${line}`),
    ...after.filter((line) => !earlier.has(line)).map((line) => `+ ${line}`),
  ];
}

/** The settings of a bridge and its ports, and where it has learned that MAC addresses are. */
async function bridgeLines(device: string): Promise<readonly string[]> {
  const [settings, ports, learned] = await Promise.all([
    sure(['ip', '-d', '-o', 'link', 'show', 'dev', device]),
    sure(['ip', '-d', '-o', 'link', 'show', 'master', device]),
    sure(['bridge', 'fdb', 'show', 'br', device, 'dynamic']),
  ]);
  return [
    ...`${settings}${ports}`
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `bridge ${line.replaceAll(VOLATILE, '')}`),
    ...learned
      .split('\n')
      .filter((line) => line !== '' && !line.includes('permanent'))
      .map((line) => `learned ${line.trim()}`),
  ];
}

/** Timers, counters, and the state of a queue. */
const VOLATILE =
  /\S*_timer +\S+|bridge_id \S+|designated_\S+ \S+|(hello|topology_change|tcn|gc)\S* +\S+/g;

async function containerLines(host: Host, name: Good): Promise<readonly string[]> {
  const within = ['ip', 'netns', 'exec', host.namespaces.get(name) ?? ''];
  const parts = await Promise.all([
    sure([...within, 'ip', '-br', 'address']),
    sure([...within, 'ip', '-4', 'route', 'show', 'table', 'all']),
    sure([...within, 'ip', '-6', 'route', 'show', 'table', 'all']),
    sure([...within, 'sysctl', '-a', '-r', '^net[.](ipv4|ipv6)[.]conf[.]eth0[.]']),
  ]);
  const lines = parts.flatMap((text) => text.split('\n')).filter((line) => line.trim() !== '');
  const caught = [...(await resolutions(host, within)), ...(await exceptions(within))];
  return [...lines, ...caught].map(
    (line) => `${name}: ${line.replaceAll(/expires \S+/g, '').trim()}`,
  );
}

/** What a redirect or a message about an MTU has changed (ip-route(8), cache). */
async function exceptions(within: readonly string[]): Promise<readonly string[]> {
  const parts = await Promise.all(
    ['-4', '-6'].map((family) => sure([...within, 'ip', '-o', family, 'route', 'show', 'cache'])),
  );
  return parts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.trim() !== '')
    .map((line) => `exception ${line.replaceAll(/(expires|users|age) \S+/g, '').trim()}`);
}

/** Neighbour entries with a MAC address that is not the right one. */
async function resolutions(host: Host, within: readonly string[]): Promise<readonly string[]> {
  const right = rightMacs(host);
  const said = await sure([...within, 'ip', 'neighbour', 'show']);
  return said.split('\n').flatMap((line) => {
    const { address = '', mac = '' } =
      /^(?<address>\S+) .*lladdr (?<mac>\S+)/.exec(line)?.groups ?? {};
    if (mac === '' || !/^(10\.88|fd88:)/.test(address)) return [];
    return right.get(address)?.includes(mac) === true ? [] : [`wrong neighbour ${line.trim()}`];
  });
}

/** Each address with its MAC addresses. The host answers for its own, for those of ipnet, and without icc for all. */
function rightMacs({ scenes }: Host): ReadonlyMap<string, readonly string[]> {
  const { links, far, routed, peer } = scenes.evil;
  const right = new Map<string, readonly string[]>();
  const know = ({ ipv4, ipv6 }: Station, ...macs: readonly string[]): void => {
    for (const address of [ipv4, ipv6]) right.set(address, macs);
  };
  for (const station of [far, routed, peer]) know(station, station.mac);
  for (const name of LINKS) {
    const { gateway, neighbour } = links[name];
    for (const station of [gateway, neighbour, stationOf('evil', name), stationOf('vile', name)])
      know(station, station.mac, ...(name === 'apart' ? [gateway.mac] : []));
    know(stationOf('crafty', name), gateway.mac);
  }
  return right;
}
