/** `plan` and `attach` when nothing goes wrong. */
import { deepEqual, ok } from 'node:assert/strict';
import type { CaseDefinition } from '../definition.ts';
import { addressesInside, isCovered, macsInside } from '../findings.ts';
import { differences, hostAdditions } from '../differences.ts';
import { checkClaims, checkPlan } from '../plan-check.ts';
import { forEachStep } from '../every-step.ts';
import { forEachVariant } from '../variants.ts';
import { World } from '../world.ts';

export const ATTACH_CASES: readonly CaseDefinition[] = [
  {
    name: 'status says whether it can work, and changes nothing',
    group: 'attach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const before = await world.state();
        const { state, reasons } = await (await world.process()).plane.status();
        ok(state !== 'unavailable', `it is unavailable: ${reasons.join('; ')}`);
        deepEqual(differences(before, await world.state()), []);
      }),
  },
  {
    name: 'plan is pure',
    group: 'plan',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const before = await world.state();
        checkPlan((await world.process()).plane, world.target());
        deepEqual(differences(before, await world.state()), [], 'plan changes the host');
      }),
  },
  {
    name: 'plan gives the same in another process, and nothing that another endpoint has',
    group: 'plan',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant, { containers: 2, networks: 2 });
        const { plane } = await world.process();
        const { plane: another } = await world.process();
        const seen = new Set<string>();
        for (const [container, network] of PLACES) {
          const target = world.target({ container, network });
          const planned = plane.plan(target);
          deepEqual(another.plan(target), planned, 'another process plans something else');
          const told = new Set(planned.map((one) => JSON.stringify(one)));
          const shared = [...told].filter((one) => seen.has(one));
          deepEqual(shared, [], 'another endpoint has it, too');
          for (const one of told) seen.add(one);
        }
      }),
  },
  {
    name: 'every resource on the host at any moment of attach was claimed before',
    group: 'plan',
    needs: ['networks'],
    run: (candidate) =>
      forEachStep(candidate, 'attach', async ({ open, faults }) => {
        const world = await open();
        const before = await world.state();
        const target = world.target();
        await (await world.process(faults('fail', 'after'))).attempt('attach', target);
        const claims = world.claims(target.endpoint.id);
        const made = hostAdditions(before, await world.state());
        deepEqual(
          made.filter((one) => !isCovered(one, claims)),
          [],
          'made, and not claimed',
        );
      }),
  },
  {
    name: 'what it claims of a known kind is said in full, so that it can be removed without the driver',
    group: 'plan',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const target = world.target();
        await (await world.process()).attempt('attach', target);
        checkClaims(world.claims(target.endpoint.id));
      }),
  },
  {
    name: 'attach gives the container the addresses of the endpoint, and observe agrees',
    group: 'attach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const klee = await world.process();
        const target = world.target();
        await klee.attach(target);
        const inside = addressesInside(await world.state(), target);
        const wanted = Object.values(target.endpoint.addresses);
        deepEqual(
          wanted.filter((address) => !inside.includes(address)),
          [],
          'not in the container',
        );
        deepEqual(await klee.problems(world.target()), [[]], 'observe finds fault with it');
      }),
  },
  {
    name: 'attach may be repeated, also after it failed half-way',
    group: 'attach',
    needs: ['networks'],
    run: (candidate) =>
      forEachStep(candidate, 'attach', async ({ open, faults, whole }) => {
        const world = await open();
        await (await world.process(faults('fail', 'after'))).attempt('attach', world.target());
        await (await world.process()).attach(world.target());
        await (await world.process()).attach(world.target());
        deepEqual(differences(whole, await world.state()), [], 'it is not as after one attach');
      }),
  },
  {
    name: 'attach works while the command of the container runs',
    group: 'attach',
    needs: ['networks', 'connectWhileRunning'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        await world.start();
        const klee = await world.process();
        await klee.attach(world.target());
        deepEqual(await klee.problems(world.target()), [[]]);
      }),
  },
  {
    name: 'attach gives the endpoint its MAC address',
    group: 'attach',
    needs: ['networks', 'mac'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const target = world.target();
        await (await world.process()).attach(target);
        const macs = macsInside(await world.state(), target);
        ok(
          target.endpoint.mac !== undefined && macs.includes(target.endpoint.mac),
          `it has ${macs.join(', ')}`,
        );
      }),
  },
];

/** Containers and networks, each with each. */
const PLACES = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const;
