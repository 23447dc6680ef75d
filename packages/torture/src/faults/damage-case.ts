/** A file of the state that was damaged before a command of klee, and everything that must be true afterwards. */
import { copyModel } from '../model/state.ts';
import type { Model } from '../model/state.ts';
import { isSilent } from '../walk/looks/silence.ts';
import type { Ended } from '../world/processes.ts';
import { look } from './bench.ts';
import type { Bench } from './bench.ts';
import { DATABASE } from './damage.ts';
import type { DamageFault } from './damage.ts';
import { change, make } from './moves.ts';
import { judgeDamaged } from './judge.ts';
import type { Scenario } from './scenarios.ts';
import { StateFiles } from './state-files.ts';
import type { Wrong } from './findings.ts';

/** In milliseconds. */
const LIMIT = 120_000;

export interface Damaged {
  readonly ended: Ended;
  readonly wrong?: Wrong;
  /** Whether there was such a file. */
  readonly came: boolean;
}

/**
 * Damages the file, gives the command, and puts the file back, as the documents say. What the command has done or left
 * undone by then is judged as that of any other fault.
 */
export async function runDamaged(
  bench: Bench,
  { reads = false }: Scenario,
  words: readonly string[],
  fault: DamageFault,
): Promise<Damaged> {
  const { world } = bench;
  const files = await StateFiles.of(world, world.state);
  files.keep();
  files.damage(fault);
  const bytes = files.digest(fault.key);
  const ended = await world.kleeKilled(words, LIMIT);
  const isSame = files.digest(fault.key) === bytes;
  const check = await world.klee(['system', 'check']);
  const wrong =
    judgeDamaged(ended) ??
    prefixed('system check: ', judgeDamaged(check)) ??
    (fault.key === DATABASE ? judgeWriting({ ended, check, isSame, reads }) : undefined);
  // Whether or not klee has noticed: of what holds no data it may take what is there for its own.
  if (!(ended.status === 0 && isSilent(check))) files.putBack(fault);
  const said = wrong === undefined ? {} : { wrong: { kind: 'wrong end' as const, text: wrong } };
  return { ended, came: true, ...said };
}

function prefixed(prefix: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${prefix}${text}`;
}

interface Written {
  readonly ended: Ended;
  readonly check: Ended;
  readonly isSame: boolean;
  readonly reads: boolean;
}

/** Nothing is written to a database in which `check` finds damage. */
function judgeWriting({ ended, check, isSame, reads }: Written): string | undefined {
  if (isSilent(check)) return undefined;
  const told = `${check.stdout}${check.stderr}`;
  if (!isSame) return `it wrote to a damaged database: ${told}`;
  if (ended.status === 0 && !reads) return `it was done beside a damaged database: ${told}`;
  return undefined;
}

/**
 * An older copy of the database takes the place of the present one: with all containers stopped, as the documents say. Then
 * everything is as it was when the copy was made, but for the files of containers and images that were made since.
 */
export async function tryOlder(bench: Bench, scenario: Scenario): Promise<Wrong | undefined> {
  const { world, base } = bench;
  const files = await StateFiles.of(world, world.state);
  files.keep();
  const model = copyModel(base);
  for (const move of [...scenario.before, scenario.move]) await make(world, model, move);
  await make(world, model, plain('system down'));
  files.putBack({ key: DATABASE, nth: 1, sort: 'older' });
  const first = judgeDamaged(await world.klee(['system', 'check']));
  if (first !== undefined) return { kind: 'wrong end', text: `system check: ${first}` };
  const repair = await world.klee(['system', 'repair']);
  const up = await world.klee(['system', 'up']);
  const back: Model = copyModel(base);
  change(back, { do: 'command', words: [], effect: 'all start' });
  const found = await look(bench, back);
  if (found === undefined) return undefined;
  const said = [repair, up].map(({ stdout, stderr }) => `${stdout}${stderr}`.trim()).join('\n');
  return { kind: 'unrepaired', text: `repair, up:\n${said}\n${found.kind}: ${found.text}` };
}

function plain(words: string): { do: string; words: readonly string[]; effect: string } {
  return { do: 'command', words: words.split(' '), effect: 'all stop' };
}
