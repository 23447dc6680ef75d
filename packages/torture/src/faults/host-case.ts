/** One command of klee, one of whose host commands has a fault; and everything that must be true afterwards. */
import { setTimeout as wait } from 'node:timers/promises';
import { difference } from '../difference.ts';
import { copyModel } from '../model/state.ts';
import type { Model } from '../model/state.ts';
import { compareAddresses } from '../walk/looks/addresses.ts';
import { Flows } from '../walk/looks/flows.ts';
import { packets } from '../walk/looks/packets.ts';
import { isSilent } from '../walk/looks/silence.ts';
import { codeOf } from '../walk/steps/command.ts';
import type { Ended } from '../world/processes.ts';
import { beside, look } from './bench.ts';
import type { Bench } from './bench.ts';
import { faultsOf } from './calls.ts';
import type { HostFault } from './calls.ts';
import type { FaultKind } from './findings.ts';
import { judgeEnd } from './judge.ts';
import { hostLines } from './host-lines.ts';
import { change, make, wordsOf } from './moves.ts';
import type { Scenario } from './scenarios.ts';

/** In milliseconds: more than a command may need whose host commands run into their deadlines. */
const LIMIT = 240_000;
/** In milliseconds: how long what klee leaves running may need to come to its end. */
const SETTLING = 4_000;

/** What was wrong, as the machine tells it. */
export interface Wrong {
  readonly kind: FaultKind;
  readonly text: string;
}

/** How the command goes without a fault. */
export interface Rehearsed {
  readonly faults: readonly HostFault[];
  /** What is on the host before it, when it is done, and when it was taken back. */
  readonly first: readonly string[];
  readonly done: readonly string[];
  readonly clear: readonly string[];
}

/** Takes a scenario without a fault, and notes what is called. */
export async function rehearse(bench: Bench, scenario: Scenario): Promise<Rehearsed> {
  const { world, programs } = bench;
  const model = copyModel(bench.base);
  for (const move of scenario.before) await make(world, model, move);
  const first = await hostLines(world);
  programs.record();
  await make(world, model, scenario.move);
  await wait(300);
  const faults = faultsOf(programs.recorded());
  programs.disarm();
  const found = await look(bench, model);
  if (found !== undefined) throw new Error(`without a fault: ${found.kind}: ${found.text}`);
  const done = await hostLines(world);
  for (const move of scenario.after) await make(world, model, move);
  return { faults, first, done, clear: await hostLines(world) };
}

/** Answers what was wrong; `missed` when the call that was to fail did not come. */
export async function tryFault(
  bench: Bench,
  scenario: Scenario,
  rehearsed: Rehearsed,
  fault: HostFault,
): Promise<Wrong | 'missed' | undefined> {
  const { world, programs } = bench;
  const before = copyModel(bench.base);
  for (const move of scenario.before) await make(world, before, move);
  const words = await wordsOf(world, before, scenario.move);
  const others = beside(before);
  const flows = new Flows(world.packets);
  if (scenario.concernsAll !== true) await flows.open(others);
  programs.arm(fault);
  const ended = await runWith(bench, words, fault);
  const fired = programs.fired();
  programs.disarm();
  const after = copyModel(before);
  change(after, scenario.move);
  const wrong =
    (await untouched(bench, others, flows, scenario)) ??
    (await judge(bench, { scenario, words, before, after, rehearsed, ended, fault }));
  if (wrong !== undefined) return wrong;
  for (const move of scenario.after) await make(world, after, move);
  const left = await settle(bench, [rehearsed.clear]);
  if (left !== undefined) return { kind: 'leak', text: left };
  return fired === undefined ? 'missed' : undefined;
}

async function runWith(
  { world, programs }: Bench,
  words: readonly string[],
  { sort }: HostFault,
): Promise<Ended> {
  if (sort !== 'interrupted') return world.kleeKilled(words, LIMIT);
  let over = false;
  const fired = async (): Promise<void> => {
    while (!over && programs.fired() === undefined) await wait(20);
    // The moment at which it hangs, and not the one before.
    await wait(100);
  };
  const ended = await world.kleeInterrupted(words, LIMIT, fired());
  over = true;
  return ended;
}

/** The containers beside: their connections go on, and they reach and are reached as before. */
async function untouched(
  { world, counts }: Bench,
  model: Model,
  flows: Flows,
  { concernsAll = false }: Scenario,
): Promise<Wrong | undefined> {
  if (concernsAll) return undefined;
  const found =
    (await flows.compare({ step: { do: 'run' }, earlier: model, model })) ??
    (await packets(world.packets, model, counts));
  return found === undefined ? undefined : { kind: kindOf(found.kind), text: found.text };
}

interface Judged {
  readonly scenario: Scenario;
  readonly words: readonly string[];
  readonly before: Model;
  /** As it is when the command is done. */
  readonly after: Model;
  readonly rehearsed: Rehearsed;
  readonly ended: Ended;
  readonly fault: HostFault;
}

async function judge(bench: Bench, judged: Judged): Promise<Wrong | undefined> {
  const { ended, words, after, scenario, rehearsed } = judged;
  const trouble = judgeEnd(ended);
  if (trouble !== undefined) return { kind: 'wrong end', text: trouble };
  if (ended.status === 0) return afterSuccess(bench, after, rehearsed);
  const said = `it failed (${ended.status}): ${ended.stderr}${ended.stdout}`;
  const left = await afterFailure(bench, judged);
  if (left !== undefined) return { ...left, text: `${said}\n${left.text}` };
  const again = await bench.world.klee(words);
  if (again.status !== 0 && !scenario.done.includes(codeOf(again.stderr) ?? ''))
    return { kind: 'unrepaired', text: `${said}\nagain (${again.status}): ${again.stderr}` };
  const found = await look(bench, after);
  if (found !== undefined)
    return { kind: kindOf(found.kind), text: `${said}\nafterwards ${found.kind}: ${found.text}` };
  const rest = await settle(bench, [rehearsed.done]);
  return rest === undefined ? undefined : { kind: 'leak', text: `${said}\n${rest}` };
}

/** It has to be done: in what klee tells, for packets, and on the host. */
async function afterSuccess(
  bench: Bench,
  after: Model,
  { done }: Rehearsed,
): Promise<Wrong | undefined> {
  const found = await look(bench, after);
  if (found !== undefined) {
    const kind = isPackets(found.kind) ? kindOf(found.kind) : 'wrong end';
    return { kind, text: `it was done, but ${found.kind}: ${found.text}` };
  }
  const missing = await settle(bench, [done]);
  return missing === undefined
    ? undefined
    : { kind: 'wrong end', text: `it was done, but not on the host:\n${missing}` };
}

/** Nothing has changed, or `check` tells it. Every other time it is repaired before the command is given again. */
async function afterFailure(
  bench: Bench,
  { rehearsed, before, after, fault, scenario }: Judged,
): Promise<Wrong | undefined> {
  const { world } = bench;
  const check = await world.klee(['system', 'check']);
  const trouble = judgeEnd(check);
  if (trouble !== undefined) return { kind: 'wrong end', text: `system check: ${trouble}` };
  if (isSilent(check)) {
    const changed =
      (await settle(bench, [rehearsed.first, rehearsed.done])) ??
      ((await compareAddresses(world, after)) === undefined
        ? undefined
        : await compareAddresses(world, before));
    return changed === undefined ? undefined : { kind: 'changed', text: changed };
  }
  if (fault.nth % 2 === 0 || scenario.concernsAll === true) return undefined;
  const repair = await world.klee(['system', 'repair']);
  const second = await world.klee(['system', 'check']);
  if (repair.status === 0 && isSilent(second)) return undefined;
  const parts = [check, repair, second].map(({ stdout, stderr }) => `${stdout}${stderr}`.trim());
  return { kind: 'unrepaired', text: `check, repair, check:\n${parts.join('\n')}` };
}

/** Waits until the host is as in one of the pictures. Answers how it differs from the first one, if it does not come to that. */
async function settle(
  { world }: Bench,
  pictures: readonly (readonly string[])[],
): Promise<string | undefined> {
  for (const end = Date.now() + SETTLING; ; await wait(200)) {
    const now = await hostLines(world);
    const differences = pictures.map((lines) => difference(lines, now));
    if (differences.some((lines) => lines.length === 0)) return undefined;
    if (Date.now() > end) return differences[0]?.join('\n');
  }
}

function isPackets(kind: string): boolean {
  return ['deaf', 'open', 'late', 'cut', 'outlived', 'wrong answer'].includes(kind);
}

/** What walks call by other names is, here, something that was not repaired. */
function kindOf(kind: string): FaultKind {
  return isPackets(kind) ? (kind as FaultKind) : 'unrepaired';
}
