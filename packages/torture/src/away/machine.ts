/** The machine `away`: takes away what klee made, one thing at a time. */
import type { Fault, Machine, MachineOptions, Result } from '../machine.ts';
import { AWAY_KINDS } from './findings.ts';
import { SCENARIOS, nameOf } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { shuffled } from '../order.ts';
import { takeAway } from './take-away.ts';

/** How many things are taken away from one host before another scenario has its turn. */
const TURN = 10;

export const awayMachine: Machine = { name: 'away', kinds: AWAY_KINDS, run };

/** A scenario, and how much of its list is done. */
interface Turn {
  readonly scenario: Scenario;
  readonly skip: number;
}

async function run({ seed, seconds, klee, log }: MachineOptions): Promise<Result> {
  const end = Date.now() + seconds * 1000;
  const tried = { hosts: 0, 'taken away': 0, 'of those hosts': 0, refused: 0 };
  const faults: Fault[] = [];
  const turns: Turn[] = shuffled(SCENARIOS, seed).map((scenario) => ({ scenario, skip: 0 }));
  for (let turn = turns.shift(); turn !== undefined && Date.now() < end; turn = turns.shift()) {
    const { scenario, skip } = turn;
    log(`${nameOf(scenario)}, from ${skip} on`);
    const order = { scenario, seed, skip, most: TURN, ...(klee === undefined ? {} : { klee }) };
    const visited = await takeAway(order, log);
    tried.hosts += 1;
    tried['taken away'] += visited.tried;
    tried.refused += visited.refused;
    if (skip === 0) tried['of those hosts'] += visited.total;
    if (skip + visited.tried < visited.total) turns.push({ scenario, skip: skip + visited.tried });
    for (const { kind, what, text } of visited.findings)
      faults.push({ kind, seed, text, shortened: `${nameOf(scenario)}: ${what}` });
  }
  return { tried, faults };
}
