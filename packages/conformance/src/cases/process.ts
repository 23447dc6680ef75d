/** What a driver does to the process of klee, and what it takes from it. */
import { deepEqual } from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Candidate } from '../candidate.ts';
import type { CaseDefinition } from '../definition.ts';
import { differences } from '../differences.ts';
import { inOtherEnvironment } from '../watching/other-environment.ts';
import { asDriver, ownEffects } from '../watching/own-effects.ts';
import type { EffectKind } from '../watching/own-effects.ts';
import { changed, surroundings } from '../watching/surroundings.ts';
import { outcomeOf } from '../thrown.ts';
import { forEachCostlyVariant } from '../variants.ts';
import type { Variant } from '../variants.ts';
import { World } from '../world.ts';

export const IMPORT_CASES: readonly CaseDefinition[] = [
  {
    name: 'importing it and its data planes changes nothing in the process, and prints nothing',
    group: 'process',
    needs: ['import'],
    run: async ({ imported }) => deepEqual(imported?.changes, []),
  },
];

export const PROCESS_CASES: readonly CaseDefinition[] = [
  {
    name: 'it leaves the process as it found it',
    group: 'process',
    needs: ['networks'],
    run: (candidate) =>
      forEachCostlyVariant(candidate, async (variant) => {
        await load(candidate, variant);
        const before = surroundings();
        await live(candidate, variant);
        deepEqual(changed(before, surroundings()), []);
      }),
  },
  {
    name: 'it prints nothing of its own: a logger is there for what it has to say',
    group: 'process',
    needs: ['networks'],
    run: (candidate) => doesNothingOf('output', candidate),
  },
  {
    name: 'it makes and changes no file of its own: commands are there for that',
    group: 'process',
    needs: ['networks', 'Node.js'],
    run: (candidate) => doesNothingOf('file', candidate),
  },
  {
    name: 'it starts no program of its own: commands are there for that',
    group: 'process',
    needs: ['networks', 'Node.js'],
    run: (candidate) => doesNothingOf('program', candidate),
  },
  {
    name: 'it plans, observes and detaches the same in a process with another environment',
    group: 'process',
    needs: ['networks'],
    run: (candidate) =>
      forEachCostlyVariant(candidate, async (variant) => {
        const here = await inAnotherProcess(candidate, variant, (work) => work());
        const there = await inAnotherProcess(candidate, variant, inOtherEnvironment);
        // A plan that differs in any other process concerns another case.
        if (isDeepStrictEqual(here.plan, here.planned))
          deepEqual(there.plan, there.planned, 'it plans something else');
        deepEqual(there.problems, here.problems, 'it observes something else');
        deepEqual(differences(here.left, there.left), [], 'it leaves something else');
      }),
  },
];

/** Modules that a driver loads when it is first used concern the import. */
async function load(candidate: Candidate, variant: Variant): Promise<void> {
  const world = await World.open(candidate, variant);
  await world.process();
}

function doesNothingOf(kind: EffectKind, candidate: Candidate): Promise<void> {
  return forEachCostlyVariant(candidate, async (variant) => {
    await load(candidate, variant);
    const effects = await ownEffects(() => live(candidate, variant));
    const found = effects.filter((one) => one.kind === kind).map(({ what }) => what);
    deepEqual([...new Set(found)], []);
  });
}

/** The life of an endpoint, and an attach that cannot succeed. */
async function live(candidate: Candidate, variant: Variant): Promise<void> {
  const world = await World.open(candidate, variant);
  const { network, endpoint } = world.target();
  const { driver } = candidate;
  asDriver(() => {
    const { addresses, options, gatewayPriority } = endpoint;
    outcomeOf(() => driver.validateEndpoint(network, { addresses, options, gatewayPriority }));
    for (const option of Object.values(driver.options)) outcomeOf(() => option.check('1'));
  });
  const klee = await world.process();
  await klee.plane.status();
  await klee.attempt('attach', world.target());
  await klee.plane.observe([world.target()]);
  await klee.attempt('detach', world.target());
  await klee.plane.observe([world.target()]);
  await world.destroySandboxes();
  await klee.attempt('attach', world.target());
  await klee.attempt('detach', world.target());
}

/** What another process finds and leaves of an endpoint. */
async function inAnotherProcess(
  candidate: Candidate,
  variant: Variant,
  within: <T>(work: () => Promise<T>) => Promise<T>,
) {
  const world = await World.open(candidate, variant);
  const first = await world.process();
  const planned = first.plane.plan(world.target());
  await first.attempt('attach', world.target());
  const { plan, problems } = await within(async () => {
    const other = await world.process();
    const seen = {
      plan: other.plane.plan(world.target()),
      problems: await other.problems(world.target()),
    };
    await other.attempt('detach', world.target());
    return seen;
  });
  return { planned, plan, problems, left: await world.state() };
}
