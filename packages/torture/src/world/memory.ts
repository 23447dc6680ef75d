/**
 * The simulated host of klee, without packets: a hundred times as fast as a real one. The commands run in this process,
 * unless they are to be killed.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kleeHere } from './here.ts';
import { LAN_HOST_ADDRESS, LAN_INTERFACE } from './places.ts';
import { run } from './processes.ts';
import type { Ended } from './processes.ts';
import type { KleeOptions, SimulatedHost, World } from './world.ts';

const KLEE = join(import.meta.dirname, '../../../../bin/klee');

/** A host in a directory of its own. */
export async function openMemory({ klee: program }: KleeOptions = {}): Promise<World> {
  const work = mkdtempSync(join(tmpdir(), 'torture-'));
  const state = join(work, 'state');
  const environment = { KLEE_ROOT: state, KLEE_PLATFORM: 'memory' };
  const path = join(state, 'simulated-host.json');
  const read = (): SimulatedHost => JSON.parse(readFileSync(path, 'utf8')) as SimulatedHost;
  const tamper = async (change: (host: SimulatedHost) => void): Promise<void> => {
    const host = read();
    change(host);
    writeFileSync(path, JSON.stringify(host));
  };
  const spawned = (words: readonly string[], after?: number): Promise<Ended> =>
    run([process.execPath, program ?? KLEE, '--format', 'json', ...words], {
      environment,
      ...(after === undefined ? {} : { after }),
    });
  const here = program === undefined ? await kleeHere(environment, work) : spawned;
  const world: World = {
    system: 'memory',
    klee: here,
    // What a command does here takes an eighth of the time.
    kleeKilled: (words, after) => spawned(words, after / 8),
    serverWords: (label) => ['host', 'sleep', label],
    async killCommand({ name }) {
      const { stdout } = await world.klee(['container', 'inspect', name]);
      const { id } = (JSON.parse(stdout) as { container: { id: string } }).container;
      let ran = false;
      await tamper((host) => {
        const sandbox = host.sandboxes[`klee-${id}`];
        ran = sandbox?.state === 'running';
        if (sandbox === undefined || !ran) return;
        sandbox.state = 'stopped';
        host.exitStatuses[sandbox.runId] = 137;
      });
      return ran;
    },
    tamper,
    host: () => Promise.reject(new Error('the simulated host has no programs')),
    processes: () => Promise.resolve([]),
    reboot: () =>
      tamper((host) => {
        for (const [key, { owner }] of Object.entries(host.interfaces))
          if (owner !== '') delete host.interfaces[key];
        host.sandboxes = {};
        host.firewall = '';
        host.bootId = `boot-${Number(host.bootId.slice('boot-'.length)) + 1}`;
      }),
    look: async () => (existsSync(path) ? linesOf(read()) : []),
    close: async () => rmSync(work, { recursive: true }),
  };
  // The host has a file after the first command that changes it.
  const subnet = ['--subnet', '10.77.99.0/24'];
  await world.klee(['network', 'create', ...subnet, 'first']);
  await world.klee(['network', 'rm', 'first']);
  await tamper(addLan);
  return world;
}

/** An interface of the host's own, with addresses in the subnet of a network on it. */
function addLan({ interfaces }: SimulatedHost): void {
  const { ipv4, ipv6 } = LAN_HOST_ADDRESS;
  interfaces[`/${LAN_INTERFACE}`] = {
    name: LAN_INTERFACE,
    kind: 'uplink',
    sandbox: '',
    mac: '02:00:5e:00:53:02',
    mtu: 1500,
    owner: '',
    bridge: '',
    addresses: [`${ipv4}/29`, `${ipv6}/64`],
  };
}

function linesOf({ bootId: _, ...host }: SimulatedHost): readonly string[] {
  return Object.entries(host)
    .flatMap(([part, value]) =>
      typeof value === 'object'
        ? Object.entries(value).map(([key, one]) => `${part} ${key} ${JSON.stringify(one)}`)
        : [`${part} ${String(value)}`],
    )
    .toSorted();
}
