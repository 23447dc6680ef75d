/** The machine `walk`: random walks in namespaces of their own, each from a seed. */
import type { Fault, Machine, MachineOptions, Result } from '../machine.ts';
import type { System } from '../world/world.ts';
import { takeWalkOnHost } from './on-host.ts';
import { shorten } from './shorten.ts';
import { possibleOf, walkOf } from './steps/index.ts';
import type { Step } from './steps/step.ts';
import { takeWalk } from './take-walk.ts';
import { FINDING_KINDS } from './findings.ts';
import type { Finding, Walked } from './findings.ts';

/** A seed leads to a walk on each of these hosts, of so many steps. */
const HOSTS: readonly (readonly [System, number])[] = [
  ['linux', 20],
  // The model of a host, whose pf, routes and bridges say where packets go.
  ['freebsd', 40],
  // Without packets, and so much faster.
  ['memory', 120],
];
/** A walk on a real FreeBSD host has so many: a step takes half a minute there. */
const STEPS_ON_HOST = 15;
/** How long a walk is shortened, in milliseconds. */
const SHORTENING = 600_000;

export const walkMachine: Machine = { name: 'walk', kinds: FINDING_KINDS, run };

/** The systems on which it walks. */
export const SYSTEMS: readonly string[] = HOSTS.map(([system]) => system);

async function run({ seed, seconds, on, prefix, klee, log }: MachineOptions): Promise<Result> {
  const end = Date.now() + seconds * 1000;
  const hosts = hostsOf({ on, prefix, klee });
  const steps = hosts.map(([system]) => [`steps on ${system}`, 0] as const);
  const tried: Record<string, number> = { walks: 0, ...Object.fromEntries(steps), packets: 0 };
  const add = (what: string, count: number): void =>
    void (tried[what] = (tried[what] ?? 0) + count);
  const faults: Fault[] = [];
  const other = {
    ...(klee === undefined ? {} : { klee }),
    ...(prefix === undefined ? {} : { prefix }),
  };
  for (let next = seed; Date.now() < end; next += 1) {
    for (const [system, length] of hosts) {
      const walk = { seed: next, system, steps: walkOf(next, length, system), ...other };
      log(`walk with seed ${next} on ${system}`);
      const { counts, finding } = await take(walk, log);
      add('walks', 1);
      add(`steps on ${system}`, counts.steps);
      add('packets', counts.packets);
      if (finding !== undefined) faults.push(await faultOf(walk, finding, log));
    }
  }
  return { tried, faults };
}

interface Walk {
  readonly seed: number;
  readonly system: System;
  readonly steps: readonly Step[];
  readonly klee?: string;
  readonly prefix?: readonly string[];
}

function hostsOf({
  on,
  prefix,
  klee,
}: {
  readonly [Option in 'on' | 'prefix' | 'klee']: MachineOptions[Option] | undefined;
}): typeof HOSTS {
  if (prefix !== undefined) return [['freebsd', STEPS_ON_HOST]];
  return HOSTS.filter(
    ([system]) =>
      (on === undefined || on === system) &&
      // On the model klee runs in the process of the walk: another program cannot.
      (klee === undefined || system !== 'freebsd'),
  );
}

function take({ prefix, ...order }: Walk, log: (line: string) => void): Promise<Walked> {
  return prefix === undefined ? takeWalk(order, log) : takeWalkOnHost({ ...order, prefix }, log);
}

async function faultOf(
  { steps, ...order }: Walk,
  { kind, step, text }: Finding,
  log: (line: string) => void,
): Promise<Fault> {
  log(`${kind} after step ${step}: ${text}`);
  const taken = { ...order, steps: steps.slice(0, step + 1) };
  // On a real host a try takes minutes.
  const shortest = order.prefix === undefined ? await shortestWalk(taken, kind, log) : taken.steps;
  const lines = shortest.map((one) => `  ${JSON.stringify(one)},\n`).join('');
  return { kind, seed: order.seed, text, shortened: `${order.system}: [\n${lines}]` };
}

/** The shortest walk that ends with a finding of the same kind. */
function shortestWalk(
  { steps, ...order }: Walk,
  kind: Finding['kind'],
  log: (line: string) => void,
): Promise<readonly Step[]> {
  const shows = async (tried: readonly Step[]): Promise<boolean> => {
    const shorter = { ...order, steps: possibleOf(tried, order.system) };
    const { finding } = await takeWalk(shorter, () => undefined);
    log(`shortened to ${tried.length} steps: ${finding?.kind ?? 'nothing'}`);
    return finding?.kind === kind;
  };
  return shorten(steps, shows, { until: Date.now() + SHORTENING });
}
