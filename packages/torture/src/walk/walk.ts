/** Takes a walk in a world, and compares the two after each step. */
import type { Counts, Walked } from './findings.ts';
import { adoptAddresses } from './looks/addresses.ts';
import { clear } from './looks/clear.ts';
import { compare } from './looks/compare.ts';
import { Flows } from './looks/flows.ts';
import { copyModel, emptyModel } from '../model/state.ts';
import { kindOf } from './steps/index.ts';
import type { Step } from './steps/step.ts';
import type { World } from '../world/world.ts';

export interface WalkOptions {
  /** Hears what is going on. */
  readonly log?: (line: string) => void;
}

/** Stops at the first finding. */
export async function walk(
  world: World,
  steps: readonly Step[],
  { log = () => undefined }: WalkOptions = {},
): Promise<Walked> {
  const counts: Counts = { steps: 0, packets: 0 };
  const model = emptyModel(world.system);
  const before = await prepare(world);
  const flows = world.packets === undefined ? undefined : new Flows(world.packets);
  for (const [index, step] of steps.entries()) {
    const kind = kindOf(step);
    if (!kind.possible(model, step)) continue;
    const earlier = copyModel(model);
    const refusals = kind.change(model, step);
    log(`${index} ${JSON.stringify(step)}${refusals.length > 0 ? ` -> ${refusals.join()}` : ''}`);
    const started = Date.now();
    const trouble = await kind.act(world, step, refusals, earlier);
    counts.steps += 1;
    if (kind.adopts === true || model.unsure === true) await adoptAddresses(world, model);
    const acted = Date.now() - started;
    const found =
      trouble === undefined
        ? ((await flows?.compare({ step, earlier, model })) ??
          (await compare(world, model, counts)))
        : { kind: 'wrong end' as const, text: trouble };
    log(`   ${acted} ms, and ${Date.now() - started - acted} ms to look`);
    if (found !== undefined) return { counts, finding: { ...found, step: index } };
    await flows?.open(model);
  }
  const leaks = await clear(world, before);
  return leaks === undefined
    ? { counts }
    : { counts, finding: { kind: 'leak', step: steps.length, text: leaks } };
}

/** Forwarding stays on for good: it is on before the first look at the host. */
async function prepare(world: World): Promise<readonly string[]> {
  await world.klee([
    'network',
    'create',
    '--subnet',
    '10.77.99.0/24',
    '--subnet6',
    'fd77:99::/64',
    'first',
  ]);
  await world.klee(['network', 'rm', 'first']);
  return world.look();
}
