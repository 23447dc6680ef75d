/** `observe`: what `klee system check` relies on. */
import { deepEqual, ok } from 'node:assert/strict';
import type { CaseDefinition } from '../definition.ts';
import { differences } from '../differences.ts';
import type { Process } from '../process.ts';
import { removals } from '../removals.ts';
import { forEachVariant } from '../variants.ts';
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
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const klee = await world.process();
        await mustFind(world, klee, 'not attached');
        await klee.attach(world.target());
        const whole = await world.state();
        await klee.detach(world.target());
        await mustFind(world, klee, 'detached');
        for (const { what, remove } of removals(await world.state(), whole)) {
          const another = await World.open(candidate, variant);
          const other = await another.process();
          await other.attach(another.target());
          await another.tamper(remove);
          await mustFind(another, other, `without ${what}`);
        }
      }),
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

async function mustFind(world: World, klee: Process, what: string): Promise<void> {
  const [problems = []] = await klee.problems(world.target());
  ok(problems.length > 0, `nothing is found though it is ${what}`);
}
