/** Takes a walk in a world, and compares the two after each step. */
import type { Counts, Found, Walked } from './findings.ts';
import { adoptAddresses, compareAddresses } from './looks/addresses.ts';
import { clear } from './looks/clear.ts';
import { Flows } from './looks/flows.ts';
import { packets } from './looks/packets.ts';
import { isSilent } from './looks/silence.ts';
import { copyModel, emptyModel } from '../model/state.ts';
import type { Model } from '../model/state.ts';
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

async function compare(world: World, model: Model, counts: Counts): Promise<Found> {
  const [check, addresses] = await Promise.all([
    world.klee(['system', 'check']),
    compareAddresses(world, model),
  ]);
  if (!isSilent(check)) return { kind: 'check', text: `${check.stdout}${check.stderr}`.trim() };
  if (addresses !== undefined) return { kind: 'addresses', text: addresses };
  return world.packets === undefined ? undefined : packets(world.packets, model, counts);
}
