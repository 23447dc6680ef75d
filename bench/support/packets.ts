/** Packets between two containers of one network: rows for each measure and driver. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { subnet } from '../engines/engine.ts';
import type { Driver, Engine } from '../engines/engine.ts';
import { inside, output } from './command.ts';
import { addressesIn } from './look.ts';
import { each } from './row.ts';
import type { Row, Scene, Task } from './row.ts';

/** Where the servers listen. */
const PORTS = { iperf3: 5201, tcp: 7001, udp: 7002 } as const;
/** How many connections, and how many packets there and back, make a round. */
const ASKED = { tcp: 2000, udp: 5000 } as const;
/** How often a server that starts is tried, and the pause between, in milliseconds. */
const ATTEMPTS = 100;
const PAUSE = 100;

/** The namespaces of two containers, and the second one's address. */
export interface Pair {
  readonly from: string;
  readonly to: string;
  readonly address: string;
}

/** What klee's runtime is does not matter to packets, so one stands for both. */
export function packetsRow(
  parts: Pick<Row, 'title' | 'unit' | 'goals' | 'points' | 'long' | 'rounds'>,
  driver: Driver,
  task: (pair: Pair, scene: Scene) => Promise<Task>,
): Row {
  return {
    ...parts,
    moreIsBetter: true,
    peer: 'podman',
    tasks: each(['file', 'podman'], async (scene) => {
      const engine = await scene.engine();
      engine.ok(engine.createNetwork('first', subnet(0)));
      return task(pairOn(engine, 'first', driver), scene);
    }),
  };
}

export function pairOn(engine: Engine, network: string, driver: Driver): Pair {
  for (const name of ['alpha', 'omega']) engine.ok(engine.run(name, { network, driver }));
  const [from, to] = [engine.namespaceOf('alpha'), engine.namespaceOf('omega')];
  const address = addressesIn(to).find((one) => !one.startsWith('127.'));
  if (address === undefined) throw new Error(`there is no address in ${to}`);
  return { from, to, address };
}

/** Gbit/s that arrive. */
export function throughput(pair: Pair): Promise<Task> {
  return iperf(pair, [], ({ end }) => (end.sum_received?.bits_per_second ?? 0) / 1e9);
}

/** Packets that arrive in a second, as many as the sender can send. */
export function packetRate(pair: Pair, bytes: number): Promise<Task> {
  return iperf(pair, ['-u', '-b', '0', '-l', String(bytes)], ({ end }) => {
    const { packets = 0, lost_packets: lost = 0, seconds = 1 } = end.sum ?? {};
    return (packets - lost) / seconds;
  });
}

/** What iperf3 reports at its end. */
interface Report {
  readonly end: {
    readonly sum_received?: { readonly bits_per_second: number };
    readonly sum?: {
      readonly packets: number;
      readonly lost_packets: number;
      readonly seconds: number;
    };
  };
}

async function iperf(
  { from, to, address }: Pair,
  options: readonly string[],
  read: (report: Report) => number,
): Promise<Task> {
  serve(to, 'iperf3', '-s', '-p', String(PORTS.iperf3));
  const words = ['-c', address, '-p', String(PORTS.iperf3), '-t', '1', '-J', ...options];
  const client = inside(from, 'iperf3', ...words);
  await answering(() => output(client));
  return {
    measure: () => {
      const arrived = read(JSON.parse(output(client)) as Report);
      if (!(arrived > 0)) throw new Error('nothing arrived');
      return arrived;
    },
  };
}

/** New TCP connections in a second, one after the other. */
export function connectionRate(pair: Pair): Promise<Task> {
  return ask(pair, 'tcp');
}

/** Packets of this size that went there and back in a second, one after the other. */
export function roundTripRate(pair: Pair, bytes: number): Promise<Task> {
  return ask(pair, 'udp', String(bytes));
}

async function ask(
  { from, to, address }: Pair,
  protocol: 'tcp' | 'udp',
  ...size: readonly string[]
): Promise<Task> {
  const port = String(PORTS[protocol]);
  serve(to, 'perl', join(import.meta.dirname, 'answerer.pl'), protocol, port);
  const script = ['perl', join(import.meta.dirname, 'asker.pl'), protocol, address, port];
  const client = (count: number): number =>
    Number(output(inside(from, ...script, String(count), ...size)));
  await answering(() => client(1));
  return { measure: () => client(ASKED[protocol]) };
}

function serve(namespace: string, ...argv: readonly string[]): void {
  const [program = '', ...words] = inside(namespace, ...argv).argv;
  spawn(program, words, { stdio: 'ignore' }).unref();
}

async function answering(attempt: () => unknown): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      attempt();
      return;
    } catch (error) {
      if (tried === ATTEMPTS) throw error;
      await wait(PAUSE);
    }
  }
}
