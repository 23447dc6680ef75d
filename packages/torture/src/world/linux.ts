/** A Linux host: this one, in namespaces of its own, with a machine outside it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { CONTAINER_PORTS, HOST, LAN, OUTSIDE, SERVICE, TAKER } from './places.ts';
import type { Ended, RunOptions } from './processes.ts';
import { Hub } from './hub.ts';
import { foreignProcesses, lookAtLinux } from './linux-look.ts';
import { bootLinux } from './linux-boot.ts';
import { linkMachines } from './linux-links.ts';
import { run } from './processes.ts';
import type { KleeOptions, Packets, World } from './world.ts';

const KLEE = join(import.meta.dirname, '../../../../bin/klee');
/** Where containers find what they run. */
const INSIDE = '/mnt';

export interface LinuxOptions extends KleeOptions {
  /** Comes first where programs are looked for. */
  readonly path?: string;
  /** Whether servers listen on the host and outside; otherwise these places are empty. */
  readonly servers?: boolean;
  /** The state directory of klee; without it, one of its own. */
  readonly state?: string;
}

export interface LinuxWorld extends World {
  /** The state directory of klee. */
  readonly state: string;
  readonly packets: Packets;
  /** Runs klee, and kills it after this time; at the given moment it is interrupted (SIGINT). */
  kleeInterrupted(
    words: readonly string[],
    after: number,
    interrupt: Promise<unknown>,
  ): Promise<Ended>;
  /** Runs klee by another program, which may limit it. */
  kleeUnder(
    prefix: readonly string[],
    words: readonly string[],
    how: Pick<RunOptions, 'after' | 'taken'>,
  ): Promise<Ended>;
}

/** Call it as root, in namespaces of its own: what a walk leaves after a finding dies with them. */
export async function openLinux({
  path,
  klee: program = KLEE,
  servers = true,
  state: directory,
}: LinuxOptions = {}): Promise<LinuxWorld> {
  const work = mkdtempSync('/run/torture-');
  const shared = join(work, 'shared');
  const state = directory ?? join(work, 'state');
  mkdirSync(shared);
  copyFileSync(join(import.meta.dirname, 'agent.mjs'), join(shared, 'agent.mjs'));
  const environment = {
    KLEE_ROOT: state,
    KLEE_PLATFORM: 'linux',
    PATH: `${path === undefined ? '' : `${path}:`}${process.env['PATH'] ?? ''}`,
  };
  await linkMachines();
  const hub = new Hub(join(shared, 'hub'));
  await hub.listen();
  const outside = [OUTSIDE, LAN].map((label) => [['ip', 'netns', 'exec', label], label] as const);
  const agents = servers ? [agent([], HOST), ...outside.map((one) => agent(...one))] : [];
  let taker: ChildProcess | undefined;

  function agent(prefix: readonly string[], label: string, port = SERVICE): ChildProcess {
    const own = [process.execPath, join(shared, 'agent.mjs'), label, hub.path, String(port)];
    const argv = [...prefix, ...own];
    return spawn(argv[0] ?? '', argv.slice(1), { stdio: 'inherit' });
  }

  async function freePort(): Promise<void> {
    const ended = taker;
    taker = undefined;
    if (ended === undefined) return;
    ended.kill('SIGKILL');
    await new Promise((resolve) => ended.once('close', resolve));
  }

  const known = (): readonly number[] => [...agents, taker].flatMap((one) => one?.pid ?? []);
  const containers: string[] = [];
  const klee = async (
    words: readonly string[],
    { prefix = [], ...how }: RunOptions & { readonly prefix?: readonly string[] } = {},
  ): Promise<Ended> => {
    const argv = [...prefix, process.execPath, program, '--format', 'json', ...words];
    const ended = await run(argv, { environment, ...how });
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
    kleeKilled: (words, after) => klee(words, { after }),
    kleeInterrupted: (words, after, interrupt) => klee(words, { after, interrupt }),
    kleeUnder: (prefix, words, how) => klee(words, { prefix, ...how }),
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
    async takePort(port) {
      await freePort();
      taker = agent([], TAKER, port);
      await hub.missing([TAKER]);
    },
    freePort,
    async killCommand({ label }) {
      const pids = await processes(`^\\S*node \\S*agent[.]mjs ${label} `);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      return pids.length > 0;
    },
    host: (argv, input) => run(argv, input === undefined ? {} : { input }),
    processes,
    async reboot() {
      await freePort();
      await bootLinux(work, { state, known: known(), containers });
    },
    look: () => lookAtLinux({ state, known: known(), containers }),
    close: async () => {
      await freePort();
      for (const one of agents) one.kill('SIGKILL');
      hub.close();
    },
  };
  if (servers) await hub.missing([HOST, OUTSIDE, LAN]);
  return world;
}
