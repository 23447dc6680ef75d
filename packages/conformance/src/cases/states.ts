/** Attach, detach and observe in states of the host other than an ordinary start. */
import { deepEqual, ok } from 'node:assert/strict';
import type { CaseDefinition } from '../definition.ts';
import { differences } from '../differences.ts';
import { residueOf } from '../every-step.ts';
import { addressesInside } from '../findings.ts';
import { forEachVariant } from '../variants.ts';
import type { Variant } from '../variants.ts';
import { World } from '../world.ts';

export const STATE_CASES: readonly CaseDefinition[] = [
  {
    name: 'attach fails where there is no sandbox or no interface of the network, and detach leaves nothing of it',
    group: 'attach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const lonely = await World.open(candidate, variant);
        await lonely.destroySandboxes();
        await failsWithoutTrace(lonely, 'sandbox');
        // The interface of a custom network belongs to its user.
        if (variant.type === 'custom') return;
        const offline = await World.open(candidate, variant);
        await offline.takeNetworksDown();
        if (await worksWithout(offline, variant)) return;
        await failsWithoutTrace(offline, 'interface');
      }),
  },
  {
    name: 'attach and detach change nothing in a dry run, with and without a sandbox',
    group: 'attach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const residue = await residueOf(candidate, variant);
        const world = await World.open(candidate, variant);
        const rehearsal = await world.rehearsal();
        const bare = await world.state();
        await rehearsal.attach(world.target());
        await isUnchanged(world, bare, residue);
        await (await world.process()).attach(world.target());
        const whole = await world.state();
        await (await world.rehearsal()).attempt('detach', world.target());
        await isUnchanged(world, whole, residue);
        // A dry run of a start has not made a sandbox.
        const lonely = await World.open(candidate, variant);
        await lonely.destroySandboxes();
        const empty = await lonely.state();
        await (await lonely.rehearsal()).attach(lonely.target());
        await isUnchanged(lonely, empty, residue);
      }),
  },
  {
    name: 'detach works after the command of the container has ended',
    group: 'detach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const klee = await world.process();
        await klee.attach(world.target());
        await world.start();
        await world.end();
        await klee.detach(world.target());
        const inside = addressesInside(await world.state(), world.target());
        deepEqual(inside, [], 'still in the container');
      }),
  },
  {
    name: 'observe in a new process agrees with what another one has attached',
    group: 'observe',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        await (await world.process()).attach(world.target());
        deepEqual(await (await world.process()).problems(world.target()), [[]]);
      }),
  },
];

/**
 * On a loopback network containers reach nothing but the host and each other, which may work by routes alone. Then attach
 * does its work in full.
 */
async function worksWithout(world: World, { type }: Variant): Promise<boolean> {
  if (type !== 'loopback') return false;
  const klee = await world.process();
  const [outcome] = await Promise.allSettled([klee.attach(world.target())]);
  const inside = addressesInside(await world.state(), world.target());
  const wanted: readonly string[] = Object.values(world.target().endpoint.addresses);
  const works =
    outcome.status === 'fulfilled' && wanted.every((address) => inside.includes(address));
  await klee.attempt('detach', world.target());
  return works;
}

async function failsWithoutTrace(world: World, missing: string): Promise<void> {
  const before = await world.state();
  const klee = await world.process();
  const [outcome] = await Promise.allSettled([klee.attach(world.target())]);
  ok(outcome.status === 'rejected', `it succeeds without the ${missing}`);
  await klee.attempt('detach', world.target());
  deepEqual(differences(before, await world.state()), [], `left over without the ${missing}`);
}

async function isUnchanged(
  world: World,
  before: Awaited<ReturnType<World['state']>>,
  residue: readonly string[],
): Promise<void> {
  const changes = differences(before, await world.state());
  deepEqual(
    changes.filter((line) => !residue.includes(line)),
    [],
    'the host is changed',
  );
}
