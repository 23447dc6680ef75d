/** A Linux host: this one, in namespaces of its own, with a machine outside it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CONTAINER_PORTS,
  HOST,
  HOST_ADDRESS,
  OUTSIDE,
  OUTSIDE_ADDRESS,
  SERVICE,
} from './places.ts';
import type { Ended } from './processes.ts';
import { Hub } from './hub.ts';
import { foreignProcesses, lookAtLinux } from './linux-look.ts';
import { bootLinux } from './linux-boot.ts';
import { run, sure } from './processes.ts';
import type { KleeOptions, World } from './world.ts';

const KLEE = join(import.meta.dirname, '../../../../bin/klee');
const UPLINK = 'uplink';
/** Where containers find what they run. */
const INSIDE = '/mnt';

export interface LinuxOptions extends KleeOptions {
  /** Comes first where programs are looked for. */
  readonly path?: string;
}

export interface LinuxWorld extends World {
  /** The state directory of klee. */
  readonly state: string;
}

/** Call it as root, in namespaces of its own: what a walk leaves after a finding dies with them. */
export async function openLinux({
  path,
  klee: program = KLEE,
}: LinuxOptions = {}): Promise<LinuxWorld> {
  const work = mkdtempSync('/run/torture-');
  const shared = join(work, 'shared');
  const state = join(work, 'state');
  mkdirSync(shared);
  copyFileSync(join(import.meta.dirname, 'agent.mjs'), join(shared, 'agent.mjs'));
  const environment = {
    KLEE_ROOT: state,
    KLEE_PLATFORM: 'linux',
    PATH: `${path === undefined ? '' : `${path}:`}${process.env['PATH'] ?? ''}`,
  };
  await linkOutside();
  const hub = new Hub(join(shared, 'hub'));
  await hub.listen();
  const agents = [agent([], HOST), agent(['ip', 'netns', 'exec', OUTSIDE], OUTSIDE)];

  function agent(prefix: readonly string[], label: string): ChildProcess {
    const argv = [
      ...prefix,
      process.execPath,
      join(shared, 'agent.mjs'),
      label,
      hub.path,
      String(SERVICE),
    ];
    return spawn(argv[0] ?? '', argv.slice(1), { stdio: 'inherit' });
  }

  const known = (): readonly number[] => agents.flatMap(({ pid }) => pid ?? []);
  const containers: string[] = [];
  const klee = async (words: readonly string[], after?: number): Promise<Ended> => {
    const ended = await run([process.execPath, program, '--format', 'json', ...words], {
      environment,
      ...(after === undefined ? {} : { after }),
    });
    containers.push(...(ended.stdout.match(/^[0-9a-f]{12}$/gm) ?? []));
    return ended;
  };

  const processes = async (pattern: string): Promise<readonly number[]> =>
    foreignProcesses(known())
      .filter(({ line }) => new RegExp(pattern).test(line))
      .map(({ pid }) => pid);

  const world: LinuxWorld = {
    state,
    system: 'linux',
    klee: (words) => klee(words),
    kleeKilled: (words, after) => klee(words, after),
    serverWords: (label) => [
      '--mount',
      `${shared}:${INSIDE}`,
      'host',
      process.execPath,
      join(INSIDE, 'agent.mjs'),
      label,
      join(INSIDE, 'hub'),
      ...CONTAINER_PORTS.map(String),
    ],
    packets: hub,
    async killCommand({ label }) {
      const pids = await processes(`^\\S*node \\S*agent[.]mjs ${label} `);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      return pids.length > 0;
    },
    host: (argv, input) => run(argv, input === undefined ? {} : { input }),
    processes,
    reboot: () => bootLinux(work, { state, known: known(), containers }),
    look: () => lookAtLinux({ state, known: known(), containers }),
    close: async () => {
      for (const one of agents) one.kill('SIGKILL');
      hub.close();
    },
  };
  await hub.missing([HOST, OUTSIDE]);
  return world;
}

/** A link to a machine outside, by which the default routes of both lead to the other. */
async function linkOutside(): Promise<void> {
  // Bridges that filter like routers are a case of their own.
  writeIfThere('/proc/sys/net/bridge/bridge-nf-call-iptables', '0');
  writeIfThere('/proc/sys/net/bridge/bridge-nf-call-ip6tables', '0');
  await ip(`netns add ${OUTSIDE}`);
  await ip(`link add name ${UPLINK} type veth peer name eth0 netns ${OUTSIDE}`);
  for (const [place, device, own, other] of [
    [[], UPLINK, HOST_ADDRESS, OUTSIDE_ADDRESS],
    [['-netns', OUTSIDE], 'eth0', OUTSIDE_ADDRESS, HOST_ADDRESS],
  ] as const) {
    for (const line of [
      'link set dev lo up',
      // A link-local address would come some time after the first look at the host.
      `link set dev ${device} addrgenmode none`,
      `address add ${own.ipv4}/24 dev ${device}`,
      `address add ${own.ipv6}/64 dev ${device} nodad`,
      `link set dev ${device} up`,
      `route add default via ${other.ipv4}`,
      `-6 route add default via ${other.ipv6}`,
    ]) {
      await ip(line, place);
    }
  }
}

function ip(line: string, before: readonly string[] = []): Promise<string> {
  return sure(['ip', ...before, ...line.split(' ')]);
}

function writeIfThere(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
