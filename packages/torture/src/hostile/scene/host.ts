/** The host with its networks, the containers on them, and taps at every place. In namespaces that die with the process. */
import { copyFileSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLinux } from '../../world/linux.ts';
import type { LinuxOptions } from '../../world/linux.ts';
import { HOST_ADDRESS, OUTSIDE, OUTSIDE_ADDRESS } from '../../world/places.ts';
import { sure } from '../../world/processes.ts';
import type { Packets, World } from '../../world/world.ts';
import type { Scene } from './scene.ts';
import { LINKS } from './scene.ts';
import { ATTACKERS, GOOD, NETWORKS, memberWords, networkWords, sceneOf } from './plan.ts';
import type { Attacker, Member } from './plan.ts';
import { Taps } from './taps.ts';

const PYTHON = '/usr/bin/python3';
/** Where the attackers find what they send. */
const INSIDE = '/mnt';
/** For containers that wait until somebody executes a command in them. */
const WAIT = ['/usr/bin/sleep', '100000'];

/** How many containers are started at once. */
const AT_ONCE = 3;

/** Settings of a host whose administrator trusts everybody; klee must not depend on them. */
const CARELESS = [
  ...['all', 'default'].flatMap((name) =>
    [
      'rp_filter=0',
      'accept_source_route=1',
      'accept_redirects=1',
      'secure_redirects=0',
      'arp_accept=1',
      'log_martians=0',
    ].map((setting) => `net.ipv4.conf.${name}.${setting}`),
  ),
  ...['all', 'default'].flatMap((name) =>
    ['accept_ra=2', 'accept_redirects=1', 'accept_source_route=1'].map(
      (setting) => `net.ipv6.conf.${name}.${setting}`,
    ),
  ),
];
const BRIDGE_FILTER = ['iptables', 'ip6tables', 'arptables'].map(
  (name) => `net.bridge.bridge-nf-call-${name}=1`,
);

/** What kind of host it is: with the kernel's defaults, with careless settings, or one that filters bridges like routers. */
export const KINDS_OF_HOST = ['plain', 'careless', 'filtering'] as const;
export type KindOfHost = (typeof KINDS_OF_HOST)[number];

const SETTINGS: Readonly<Record<KindOfHost, readonly string[]>> = {
  plain: [],
  careless: CARELESS,
  filtering: [...BRIDGE_FILTER, ...CARELESS],
};

export interface Host {
  readonly world: World;
  readonly packets: Packets;
  readonly taps: Taps;
  readonly scenes: Readonly<Record<Attacker, Scene>>;
  /** The names of its network interfaces by network, and of its namespaces by container. */
  readonly bridges: ReadonlyMap<string, string>;
  readonly namespaces: ReadonlyMap<Member, string>;
  /** Has an attacker send frames, or what sockets.py reads, one record after the other. Gives how many it sent. */
  send(attacker: Attacker, by: Sender, records: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** From inside the container, or from its network namespace with all rights. */
export type Sender = 'container' | 'administrator';

export interface HostOptions extends LinuxOptions {
  readonly kind: KindOfHost;
  readonly seed: number;
}

export async function openHost({ kind, seed, ...options }: HostOptions): Promise<Host> {
  const world = await openLinux(options);
  for (const setting of SETTINGS[kind]) await sure(['sysctl', '-q', '-e', '-w', setting]);
  const folder = mkdtempSync('/run/hostile-');
  for (const script of ['send.py', 'listen.py', 'sockets.py'])
    copyFileSync(join(import.meta.dirname, script), join(folder, script));
  const klee = async (words: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await world.klee(words);
    if (status !== 0) throw new Error(`klee ${words.join(' ')} exited ${status}: ${stderr}`);
    return stdout.trim();
  };
  const [networks] = await Promise.all([
    Promise.all(networkWords().map(klee)),
    klee(['image', 'import', 'own', ownImage(folder)]),
  ]);
  const images: readonly (readonly [Member, readonly string[]])[] = [
    ['evil', ['host', ...WAIT]],
    ...(['vile', 'crafty'] as const).map(
      (name) => [name, ['--mount', '/usr:/usr:ro', 'own', ...WAIT]] as const,
    ),
    ...GOOD.map((name) => [name, world.serverWords(name)] as const),
  ];
  const namespaces = new Map<Member, string>();
  const start = async ([name, image]: (typeof images)[number]): Promise<void> => {
    const mount = GOOD.some((good) => good === name) ? [] : ['--mount', `${folder}:${INSIDE}`];
    const id = await klee(['run', '--detach', ...memberWords(name), ...mount, ...image]);
    namespaces.set(name, `klee-${id}`);
  };
  for (let first = 0; first < images.length; first += AT_ONCE)
    await Promise.all(images.slice(first, first + AT_ONCE).map(start));
  const { packets } = world;
  if (packets === undefined) throw new TypeError('this world has no packets');
  let missing: readonly string[] = GOOD;
  for (let attempt = 0; attempt < 5 && missing.length > 0; attempt += 1)
    missing = await packets.missing(missing);
  if (missing.length > 0) throw new Error(`no answer from ${missing.join()}`);
  const bridges = new Map(networks.map((id, index) => [NETWORKS[index] ?? '', `kln${id}`]));
  const macs = new Map<string, string>();
  for (const [name, device] of bridges) macs.set(name, await macOf(device));
  const ends = {
    host: { mac: await macOf('uplink'), ...HOST_ADDRESS },
    outside: { mac: '02:00:00:00:00:02', ...OUTSIDE_ADDRESS },
  };
  const scenes = Object.fromEntries(
    ATTACKERS.map((name) => [name, sceneOf(name, (link) => macs.get(link) ?? '', ends)]),
  ) as Record<Attacker, Scene>;
  const taps = new Taps(join(folder, 'listen.py'), seed);
  await taps.open(undefined, [
    ...LINKS.map((link) => `bridge ${link}=all:${bridges.get(link) ?? ''}`),
    ...(await ports(bridges)).map((port) => `port=stack:${port}`),
    'host=input',
  ]);
  for (const name of GOOD) await taps.open(namespaces.get(name), [`${name}=all`]);
  await taps.open(OUTSIDE, ['outside=all:eth0']);

  const send: Host['send'] = async (attacker, by, records) => {
    writeFileSync(join(folder, 'records'), records);
    const script = attacker === 'crafty' ? 'sockets.py' : 'send.py';
    const argv = (at: string): string[] => [PYTHON, join(at, script), join(at, 'records')];
    const said =
      by === 'container'
        ? await klee(['exec', attacker, ...argv(INSIDE)])
        : await sure(['ip', 'netns', 'exec', namespaces.get(attacker) ?? '', ...argv(folder)]);
    return Number(said.split(' ')[0]);
  };
  const close = async (): Promise<void> => {
    taps.close();
    await world.close();
  };
  return { world, packets, taps, scenes, bridges, namespaces, send, close };
}

/** An image with nothing but directories: its programs are mounted. */
function ownImage(folder: string): string {
  const root = join(folder, 'own');
  for (const name of ['usr', 'etc', 'tmp', 'mnt', 'proc', 'sys', 'dev', 'run'])
    mkdirSync(join(root, name), { recursive: true });
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name));
  return root;
}

async function macOf(device: string): Promise<string> {
  const said = await sure(['ip', '-o', 'link', 'show', 'dev', device]);
  return /link\/ether (\S+)/.exec(said)?.[1] ?? '';
}

/** The ports of all bridges: the host's ends of the containers there. */
async function ports(bridges: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const found = [];
  for (const bridge of bridges.values()) {
    const said = await sure(['ip', '-o', 'link', 'show', 'master', bridge]);
    found.push(...(said.match(/(?<=^\d+: )[^@:]+/gm) ?? []));
  }
  return found;
}
