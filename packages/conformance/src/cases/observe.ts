/** `observe`: what `klee system check` relies on. */
import { deepEqual, ok } from 'node:assert/strict';
import type { SimulatedState } from '@kleenet/core/testing';
import type { Candidate } from '../candidate.ts';
import type { CaseDefinition } from '../definition.ts';
import { differences } from '../differences.ts';
import { naming } from '../naming.ts';
import type { Process } from '../process.ts';
import { removals } from '../removals.ts';
import type { Removal } from '../removals.ts';
import { forEachCostlyVariant, forEachVariant } from '../variants.ts';
import type { Variant } from '../variants.ts';
import { World } from '../world.ts';

export const OBSERVE_CASES: readonly CaseDefinition[] = [
  {
    name: 'observe gives one answer for each target, in their order, and changes nothing',
    group: 'observe',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant, { containers: 3 });
        const klee = await world.process();
        await klee.attach(world.target({ container: 1 }));
        const before = await world.state();
        const targets = [2, 1, 0].map((container) => world.target({ container }));
        const answers = await klee.plane.observe(targets);
        deepEqual(
          answers.map(({ endpointId }) => endpointId),
          targets.map(({ endpoint }) => endpoint.id),
        );
        deepEqual(await klee.plane.observe([]), []);
        deepEqual(differences(before, await world.state()), []);
      }),
  },
  {
    name: 'observe finds what is missing: never attached, detached, or removed behind its back',
    group: 'observe',
    needs: ['networks'],
    run: (candidate) =>
      forEachCostlyVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const klee = await world.process();
        await mustFind(world, klee, 'not attached');
        await klee.attach(world.target());
        await klee.detach(world.target());
        await mustFind(world, klee, 'detached');
        await forEachRemoval(candidate, variant, ({ what }, another) =>
          naming(`without ${what}`, async () =>
            mustFind(another, await another.process(), `without ${what}`),
          ),
        );
      }),
  },
  {
    name: 'attach brings back what was removed or changed behind its back, and changes nothing else',
    group: 'observe',
    needs: ['networks'],
    run: (candidate) =>
      forEachCostlyVariant(candidate, (variant) =>
        forEachRemoval(candidate, variant, ({ what }, world, whole) =>
          naming(`without ${what}`, async () => {
            const klee = await world.process();
            await klee.attach(world.target());
            const after = await world.state();
            deepEqual(differences(chosen(whole, world), chosen(after, world)), []);
            deepEqual(await klee.problems(world.target()), [[]], 'observe still finds something');
          }),
        ),
      ),
  },
  {
    name: 'observe answers when the sandbox or the interface of the network is gone',
    group: 'observe',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const klee = await world.process();
        await klee.attach(world.target());
        await world.destroySandboxes();
        await klee.problems(world.target());
        await world.takeNetworksDown();
        await klee.problems(world.target());
      }),
  },
];

/**
 * Takes away or changes one thing after the other that attach made. A host that the next attach makes whole again serves
 * for the next of them.
 */
async function forEachRemoval(
  candidate: Candidate,
  variant: Variant,
  check: (removal: Removal, world: World, whole: SimulatedState) => Promise<void>,
): Promise<void> {
  const attached = async (): Promise<Attached> => {
    const world = await World.open(candidate, variant);
    const bare = await world.state();
    await (await world.process()).attach(world.target());
    return { world, bare, whole: await world.state() };
  };
  let present = await attached();
  const { mac } = present.world.target().endpoint;
  for (const removal of removals(present.bare, present.whole, mac)) {
    const { world, whole } = present;
    await world.tamper(removal.remove);
    await check(removal, world, whole);
    await (await world.process()).attempt('attach', world.target());
    if (differences(whole, await world.state()).length > 0) present = await attached();
  }
}

interface Attached {
  readonly world: World;
  /** Before attach. */
  readonly bare: SimulatedState;
  readonly whole: SimulatedState;
}

/** The MAC addresses of interfaces that are made anew may differ, but for that of the endpoint. */
function chosen(state: SimulatedState, world: World): SimulatedState {
  const { mac } = world.target().endpoint;
  const interfaces = Object.entries(state.interfaces).map(([key, one]) => [
    key,
    one.mac === mac ? one : { ...one, mac: '' },
  ]);
  return { ...state, interfaces: Object.fromEntries(interfaces) as SimulatedState['interfaces'] };
}

async function mustFind(world: World, klee: Process, what: string): Promise<void> {
  const [problems = []] = await klee.problems(world.target());
  ok(problems.length > 0, `nothing is found though it is ${what}`);
}
