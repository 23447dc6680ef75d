/** The machine `walk`: random walks in namespaces of their own, each from a seed. */
import type { Fault, Machine, MachineOptions, Result } from '../machine.ts';
import { shorten } from './shorten.ts';
import { possibleOf, walkOf } from './steps/index.ts';
import type { Step } from './steps/step.ts';
import { takeWalk } from './take-walk.ts';
import { FINDING_KINDS } from './findings.ts';
import type { Finding, Walked } from './findings.ts';

const LENGTH = 20;
/** How long a walk is shortened, in milliseconds. */
const SHORTENING = 600_000;

export const walkMachine: Machine = { name: 'walk', kinds: FINDING_KINDS, run };

async function run({ seed, seconds, log }: MachineOptions): Promise<Result> {
  const end = Date.now() + seconds * 1000;
  const tried = { walks: 0, steps: 0, packets: 0 };
  const faults: Fault[] = [];
  for (let next = seed; Date.now() < end; next += 1) {
    log(`walk with seed ${next}`);
    const { counts, finding, steps } = await walkSeed(next, log);
    tried.walks += 1;
    tried.steps += counts.steps;
    tried.packets += counts.packets;
    if (finding !== undefined) faults.push(await faultOf(next, steps, finding, log));
  }
  return { tried, faults };
}

/** Takes the walk of a seed. */
async function walkSeed(
  seed: number,
  log: (line: string) => void,
): Promise<Walked & { readonly steps: readonly Step[] }> {
  const steps = walkOf(seed, LENGTH);
  return { ...(await takeWalk({ steps }, log)), steps };
}

async function faultOf(
  seed: number,
  steps: readonly Step[],
  { kind, step, text }: Finding,
  log: (line: string) => void,
): Promise<Fault> {
  log(`${kind} after step ${step}: ${text}`);
  const shortest = await shortestWalk(steps.slice(0, step + 1), kind, log);
  const shortened = `[\n${shortest.map((one) => `  ${JSON.stringify(one)},\n`).join('')}]`;
  return { kind, seed, text, shortened };
}

/** The shortest walk that ends with a finding of the same kind. */
function shortestWalk(
  steps: readonly Step[],
  kind: Finding['kind'],
  log: (line: string) => void,
): Promise<readonly Step[]> {
  const shows = async (tried: readonly Step[]): Promise<boolean> => {
    const { finding } = await takeWalk({ steps: possibleOf(tried) }, () => undefined);
    log(`shortened to ${tried.length} steps: ${finding?.kind ?? 'nothing'}`);
    return finding?.kind === kind;
  };
  return shorten(steps, shows, { until: Date.now() + SHORTENING });
}
