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
import { callFaults } from './calls.ts';
import { damageFaults, isDamage } from './damage.ts';
import { runDamaged, tryOlder } from './damage-case.ts';
import type { Damaged } from './damage-case.ts';
import type { FaultKind, HostFault, Wrong } from './findings.ts';
import { judgeDamaged, judgeEnd } from './judge.ts';
import { hostLines } from './host-lines.ts';
import { judgeLimit, limitFaults } from './limits.ts';
import { change, make, wordsOf } from './moves.ts';
import { isLimit, runWith } from './put-in.ts';
import { StateFiles } from './state-files.ts';
import type { Scenario } from './scenarios.ts';

/** Files of containers and images. */
const FILES = /: file: /;
/** In milliseconds: how long what klee leaves running may need to come to its end. */
const SETTLING = 4_000;

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
  const files = (await StateFiles.of(world, world.state)).list();
  programs.record();
  await make(world, model, scenario.move);
  await wait(300);
  const faults = [...callFaults(programs.recorded()), ...limitFaults(), ...damageFaults(files)];
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
  const { world } = bench;
  if (fault.sort === 'older')
    return (await tryOlder(bench, scenario)) ?? (await leak(bench, rehearsed, FILES));
  const before = copyModel(bench.base);
  for (const move of scenario.before) await make(world, before, move);
  const words = await wordsOf(world, before, scenario.move);
  const others = beside(before);
  const flows = new Flows(world.packets);
  if (scenario.concernsAll !== true) await flows.open(others);
  const run: Damaged = isDamage(fault)
    ? await runDamaged(bench, scenario, words, fault)
    : await runWith(bench, words, fault);
  if (run.wrong !== undefined) return run.wrong;
  const { ended, came } = run;
  const after = copyModel(before);
  change(after, scenario.move);
  const wrong =
    (await untouched(bench, others, flows, scenario)) ??
    (await judge(bench, { scenario, words, before, after, rehearsed, ended, fault }));
  if (wrong !== undefined) return wrong;
  for (const move of scenario.after) await make(world, after, move);
  return (await leak(bench, rehearsed)) ?? (came ? undefined : 'missed');
}

/** Everything was taken back. */
async function leak(
  bench: Bench,
  { clear }: Rehearsed,
  apart?: RegExp,
): Promise<Wrong | undefined> {
  const left = await settle(bench, [clear], apart);
  return left === undefined ? undefined : { kind: 'leak', text: left };
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
  const { ended, words, after, scenario, rehearsed, fault } = judged;
  const trouble = isDamage(fault)
    ? judgeDamaged(ended)
    : (judgeEnd(ended) ?? (isLimit(fault) ? judgeLimit(ended, fault, scenario) : undefined));
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
  apart?: RegExp,
): Promise<string | undefined> {
  for (const end = Date.now() + SETTLING; ; await wait(200)) {
    const now = await hostLines(world);
    const differences = pictures.map((lines) =>
      difference(lines, now).filter((line) => apart?.test(line) !== true),
    );
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
