/** The machine `faults`: each command of a user, with one fault of the host at a time. */
import { StoppedError } from '../machine.ts';
import type { Fault, Machine, MachineOptions, Result } from '../machine.ts';
import { CALL_SORTS } from './calls.ts';
import { DAMAGE_SORTS } from './damage.ts';
import type { FaultsAnswer } from './faults-main.ts';
import { FAULT_KINDS } from './findings.ts';
import { DISK_SORTS, PROCESS_SORTS } from './limits.ts';
import { shuffled } from '../order.ts';
import { SCENARIOS } from './scenarios.ts';
import { takeFaults } from './take.ts';

export const faultsMachine: Machine = { name: 'faults', kinds: FAULT_KINDS, run };

/** What a user may choose. */
const SORTS: readonly string[] = [...CALL_SORTS, ...DISK_SORTS, ...PROCESS_SORTS, ...DAMAGE_SORTS];

/** How many faults of a scenario are taken in one namespace. */
const ROUND = 12;
/** How many run at once: most of the time of a fault is waiting. */
const AT_ONCE = 2;

/** A scenario, and how far its list of faults was taken. */
interface Place {
  readonly scenario: string;
  from: number;
  all: number;
}

/** Takes some faults of each scenario, then more of each, until the time or the list is over. */
async function run({ seed, seconds, log, klee, only = [] }: MachineOptions): Promise<Result> {
  const unknown = only.find((sort) => !SORTS.includes(sort));
  if (unknown !== undefined)
    throw new StoppedError(`faults have one of these sorts, not '${unknown}': ${SORTS.join(', ')}`);
  const end = Date.now() + seconds * 1000;
  const places = shuffled(Object.keys(SCENARIOS), seed).map((scenario): Place => ({
    scenario,
    from: 0,
    all: Number.POSITIVE_INFINITY,
  }));
  const tried: Record<string, number> = { scenarios: 0, packets: 0, missed: 0 };
  const faults: Fault[] = [];
  const queue = [...places];
  const work = async (): Promise<void> => {
    for (;;) {
      const place = Date.now() < end ? queue.shift() : undefined;
      if (place === undefined) return;
      if (place.from === 0) tried['scenarios'] = (tried['scenarios'] ?? 0) + 1;
      const part = { scenario: place.scenario, seed, from: place.from, count: ROUND, sorts: only };
      const order = klee === undefined ? part : { ...part, klee };
      const answer = await takeFaults(order, log);
      count(tried, answer);
      if (answer.finding !== undefined) faults.push(faultOf(place.scenario, seed, answer.finding));
      place.all = answer.all;
      place.from += answer.taken;
      if (place.from < place.all) queue.push(place);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const known = places.filter(({ all }) => Number.isFinite(all));
  tried['faults of the list'] = known.reduce((sum, { from }) => sum + from, 0);
  tried['in the list so far'] = known.reduce((sum, { all }) => sum + all, 0);
  return { tried, faults };
}

function count(
  tried: Record<string, number>,
  { tried: sorts, missed, packets }: FaultsAnswer,
): void {
  for (const [what, more] of [
    ...Object.entries(sorts),
    ['missed', missed],
    ['packets', packets],
  ] as const)
    tried[what] = (tried[what] ?? 0) + more;
}

function faultOf(
  scenario: string,
  seed: number,
  { kind, text, fault }: NonNullable<FaultsAnswer['finding']>,
): Fault {
  return { kind, seed, text, shortened: JSON.stringify({ scenario, only: fault }) };
}
