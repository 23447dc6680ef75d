/** Builds a scenario, and takes away one thing after the other. */
import type { LinuxOptions } from '../world/linux.ts';
import { changed, differences } from './compare.ts';
import type { Finding } from './findings.ts';
import { judge } from './judge.ts';
import type { Look } from './look/entry.ts';
import { withNames } from './names.ts';
import { inTurn } from '../order.ts';
import { kindOf, removals } from './removals.ts';
import type { Mender, Removal } from './removals.ts';
import type { Scenario } from './scenario.ts';
import { Stage } from './stage.ts';
import type { Built } from './stage.ts';

export interface VisitOrder extends LinuxOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Which part of the list is gone through. */
  readonly skip: number;
  readonly most: number;
  /** Only what matches this regular expression. */
  readonly only?: string;
}

export interface Visited {
  /** How long the list is, and how much of it was tried. */
  readonly total: number;
  readonly tried: number;
  /** What the host did not let happen, or what changes nothing. */
  readonly refused: number;
  readonly findings: readonly Finding[];
}

export async function visit(order: VisitOrder, log: (line: string) => void): Promise<Visited> {
  const stage = await Stage.open(order.scenario, order);
  try {
    const built = await stage.build();
    const only = new RegExp(order.only ?? '');
    const listed = removals(built.owned, stage.made, stage.names);
    const all = inTurn(
      listed.filter(({ what }) => only.test(what)),
      order.seed,
      kindOf,
    );
    const findings: Finding[] = [];
    const counts = { total: all.length, tried: 0, refused: 0 };
    for (const removal of all.slice(order.skip, order.skip + order.most)) {
      log(`  ${removal.what}`);
      counts.tried += 1;
      const found = await take(stage, removal, built);
      if (found === undefined) {
        counts.refused += 1;
        continue;
      }
      findings.push(...found);
      for (const { kind, text } of found) log(`    ${kind}: ${text}`);
      if (found.length > 0 && !(await restored(stage, built.whole))) break;
    }
    return { ...counts, findings };
  } finally {
    await stage.world.close();
  }
}

/** Undefined where nothing has changed. */
async function take(
  stage: Stage,
  removal: Removal,
  { whole, owners }: Built,
): Promise<readonly Finding[] | undefined> {
  const { what, owned, way, mender } = removal;
  for (const { argv, input } of way.commands) await stage.world.host(argv, input);
  const gone = changed(whole, await stage.look());
  if (gone.length === 0) return undefined;
  const touched = gone.flatMap((key) => owners.get(key) ?? []);
  const wrong = judge(await stage.check(), { owned, touched, made: stage.made });
  const findings = wrong === undefined ? [] : [{ what, ...wrong }];
  // Repair begins with what check finds.
  if (wrong?.kind === 'unnoticed' && mender === 'repair') return findings;
  const left = await mended(stage, removal, whole);
  return left === undefined ? findings : [...findings, { what, ...left }];
}

/** What is not as it was after mending, or nothing. */
async function mended(
  stage: Stage,
  { owned, mender }: Removal,
  whole: Look,
): Promise<Omit<Finding, 'what'> | undefined> {
  const said = await mend(stage, mender, owned.owner);
  const after = await stage.like(whole);
  const keys = changed(whole, after);
  if (keys.length > 0) {
    const kind = keys.includes(owned.entry.key) ? 'unmended' : 'side effect';
    return { kind, text: textOf(stage, whole, after, said) };
  }
  if (said !== '') return { kind: 'not silent', text: said };
  if (mender !== 'repair') return undefined;
  await stage.world.klee(['system', 'repair']);
  const twice = await stage.like(whole);
  if (changed(whole, twice).length === 0) return undefined;
  return { kind: 'side effect', text: textOf(stage, whole, twice, 'of a second repair') };
}

/** How many differences are shown. */
const SHOWN = 12;

function textOf(stage: Stage, whole: Look, after: Look, said: string): string {
  const lines = differences(whole, after).slice(0, SHOWN);
  return [...lines.map((line) => withNames(line, stage.names)), said].join('\n').trim();
}

/** What klee said, if it was not content. */
async function mend(stage: Stage, mender: Mender, owner: string): Promise<string> {
  try {
    if (mender === 'start') await stage.restart([owner]);
    if (mender === 'boot') await stage.downAndUp();
    if (mender === 'repair') await stage.klee(['system', 'repair']);
    return '';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return withNames(error.message, stage.names);
  }
}

/** Goes on after a fault where attaching or starting the containers again, or everything, gives the host back. */
async function restored(stage: Stage, whole: Look): Promise<boolean> {
  const containers = stage.made.flatMap(({ kind, name }) => (kind === 'container' ? [name] : []));
  const attempts = [() => stage.poke(), () => stage.restart(containers), () => stage.downAndUp()];
  for (const attempt of attempts) {
    try {
      await attempt();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      continue;
    }
    if (changed(whole, await stage.like(whole)).length === 0) return true;
  }
  return false;
}
