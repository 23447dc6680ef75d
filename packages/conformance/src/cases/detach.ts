/** `detach` in every state of the host. */
import { deepEqual } from 'node:assert/strict';
import type { CaseDefinition } from '../definition.ts';
import { differences } from '../differences.ts';
import { residueOf } from '../every-step.ts';
import { addressesInside } from '../findings.ts';
import { forEachVariant } from '../variants.ts';
import { World } from '../world.ts';

export const DETACH_CASES: readonly CaseDefinition[] = [
  {
    name: 'detach leaves the host as it was before attach',
    group: 'detach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) =>
        deepEqual(await residueOf(candidate, variant), []),
      ),
  },
  {
    name: 'detach may be repeated',
    group: 'detach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const klee = await world.process();
        await klee.attach(world.target());
        await klee.detach(world.target());
        const once = await world.state();
        await klee.detach(world.target());
        deepEqual(differences(once, await world.state()), []);
      }),
  },
  {
    name: 'detach of what was never attached changes nothing',
    group: 'detach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const before = await world.state();
        await (await world.process()).detach(world.target());
        const klee = await world.process();
        await klee.detach({ ...world.target(), claims: klee.plane.plan(world.target()) });
        deepEqual(differences(before, await world.state()), []);
      }),
  },
  {
    name: 'detach works when the sandbox is gone, by the claims alone',
    group: 'detach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const residue = await residueOf(candidate, variant);
        const world = await World.open(candidate, variant);
        const before = await world.state();
        const klee = await world.process();
        await klee.attach(world.target());
        await world.destroySandboxes();
        await klee.detach(world.target());
        const left = differences(before, await world.state()).filter((line) =>
          line.startsWith('+'),
        );
        deepEqual(
          left.filter((line) => !residue.includes(line)),
          [],
        );
        await world.takeNetworksDown();
        await (await world.process()).detach(world.target());
      }),
  },
  {
    name: "detach works when the network's interface is gone",
    group: 'detach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const klee = await world.process();
        await klee.attach(world.target());
        await world.takeInterfacesAway();
        await klee.detach(world.target());
        deepEqual(
          addressesInside(await world.state(), world.target()),
          [],
          'still in the container',
        );
      }),
  },
  {
    name: 'detach removes the addresses immediately while the command of the container runs',
    group: 'detach',
    needs: ['networks', 'disconnectWhileRunning'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const klee = await world.process();
        await klee.attach(world.target());
        await world.start();
        await klee.detach(world.target());
        const state = await world.state();
        deepEqual(addressesInside(state, world.target()), [], 'still in the container');
        deepEqual(
          Object.values(state.sandboxes).map((one) => one.state),
          ['running'],
        );
      }),
  },
];
